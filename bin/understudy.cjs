#!/usr/bin/env node
/**
 * Starts the program, or says in one line that this Node is too old for it. Plain CommonJS with the syntax of old
 * engines: everything behind it is parsed only by a Node that can.
 */
'use strict';

// ">=24": package.json says it once.
var needed = parseInt(require('../package.json').engines.node.replace(/\D+/, ''), 10);

if (parseInt(process.versions.node, 10) < needed) {
  process.stderr.write(
    'error: Understudy needs Node ' + needed + ' or later, and this is Node ' + process.versions.node +
      '. Install a newer one, or run: npx -p node@' + needed + ' understudy\n'
  );
  process.exitCode = 1;
} else {
  import('../dist/src/cli.js').catch(function (error) {
    process.stderr.write('error: ' + error.message + '\n');
    process.exitCode = 1;
  });
}
