/**
 * Texts without personal data: code (this project's own source), its documentation, logs, ids and prose in each
 * language. Whatever is found in them is wrong.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Random, seededRandom } from '../../src/core/random.ts';
import { cleanProse } from './clean-prose.ts';
import { LANGUAGES, type Language } from './names.ts';
import type { Split } from './values.ts';

export interface Negative {
  readonly group: 'code' | 'docs' | 'logs' | 'ids' | 'prose';
  readonly text: string;
}

const SOURCE = resolve(import.meta.dirname, '../../src');
/** Folders whose source is read; those for development are others than those for the test. */
const FOLDERS: Readonly<Record<Split, readonly string[]>> = {
  dev: ['store', 'curate', 'cluster', 'select', 'train', 'report'],
  test: ['wire', 'gateway', 'evaluate', 'deploy', 'route'],
};
/** Every second page each, without those that show what is redacted. */
const DOCS = resolve(import.meta.dirname, '../../docs');
const PAGES: Readonly<Record<Split, readonly string[]>> = {
  dev: ['cli.md', 'dependencies.md', 'how-it-decides.md', 'quick-start.md', 'schema.md', 'training.md'],
  test: ['base-models.md', 'configuration.md', 'faults.md', 'import.md', 'results.md', 'trainers.md'],
};
/** Characters of a piece of code: what an agent is shown at once. */
const PIECE = 1500;
/** Pieces of code, lines of logs and of ids, and characters of made-up prose in each language. */
const SIZES: Readonly<Record<Split, { pieces: number; lines: number; prose: number }>> = {
  dev: { pieces: 200, lines: 600, prose: 12_000 },
  test: { pieces: 40, lines: 150, prose: 0 },
};

export function makeNegatives(split: Split, seed: number): readonly Negative[] {
  const random = seededRandom(seed);
  const { pieces, lines: count, prose } = SIZES[split];
  const fill = (template: string): string => template.replace(/[#xA]+/g, (run) => digits(run, random));
  const lines = (templates: readonly string[]): string[] =>
    Array.from({ length: count }, () => fill(random.pick(templates)));
  const grouped = (all: readonly string[], size: number): string[] =>
    Array.from({ length: Math.ceil(all.length / size) }, (_, i) =>
      all.slice(i * size, (i + 1) * size).join('\n'),
    );
  return [
    ...random
      .shuffle(FOLDERS[split].flatMap((folder) => sources(join(SOURCE, folder))))
      .slice(0, pieces)
      .map((text) => ({ group: 'code', text }) as const),
    ...grouped(lines(LOGS[split]), 10).map((text) => ({ group: 'logs', text }) as const),
    ...grouped(lines(IDS[split]), 3).map((text) => ({ group: 'ids', text }) as const),
    ...PAGES[split]
      .flatMap((page) => piecesOf(readFileSync(join(DOCS, page), 'utf8')))
      .map((text) => ({ group: 'docs', text }) as const),
    ...LANGUAGES.flatMap((language) => [
      PROSE[language][split],
      ...piecesOf(cleanProse(language, prose, random)),
    ]).map((text) => ({ group: 'prose', text }) as const),
  ];
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .sort()
    .flatMap((file) => piecesOf(readFileSync(join(folder, file), 'utf8')));
}

/** Cut where a word ends, so that no half of one stands at an edge. */
function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = start + PIECE >= text.length ? text.length : cutBefore(text, start + PIECE);
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}

function cutBefore(text: string, at: number): number {
  const line = text.lastIndexOf('\n', at) + 1;
  return line > at - PIECE / 2 ? line : text.lastIndexOf(' ', at) + 1;
}

function digits(run: string, { below }: Random): string {
  // A single letter is a word's own.
  if (run.length < 2 && run !== '#') return run;
  return [...run]
    .map((c) =>
      c === '#' ? below(10) : c === 'x' ? below(16).toString(16) : 'BCDFGHKLMNPQRSTVWXZ'[below(19)],
    )
    .join('');
}

const LOGS: Readonly<Record<Split, readonly string[]>> = {
  dev: [
    '2026-0#-1#T0#:4#:1#.###Z INFO gateway listening on port 8###',
    '2026-0#-1# 1#:3#:0# WARN queue depth ### over limit 200',
    'ERROR worker-# job ######## failed after ## ms: timeout',
    'GET /api/v2/orders/######## 200 ## ms ##### bytes',
    '[build #####] compiled ### modules in #.## s',
    'Jan 1# 0#:1#:2# kernel: [#####.######] eth0: link up, 1000 Mbps, full duplex',
    '2026-0#-1# 1#:2#:4# sshd[####]: Connection closed by authenticating user root port ##### [preauth]',
    'trace=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx span=xxxxxxxxxxxxxxxx took ## ms',
    '2026-0#-1#T1#:2#:4#Z WARN auth: user input rejected at 1#:4#, retry ## of ##',
    'audit: user session expired after ## min; user agent curl/8.#.#; user group staff',
    '[INFO] user service started on port 80## in #.## s, account sync at 1#:3#',
    'I0#1# 1#:2#:3#.###### 1 controller.go:###] Syncing ReplicaSet web-xxxxxxxxxx, revision ##',
    'E/AndroidRuntime(####): FATAL EXCEPTION: main; Process: com.shop.app, PID: ####',
    'level=warn component=Scheduler job=Nightly-Export took=##.#s rows=####### status=OK',
    'Hibernate: select o.id from Orders o where o.Status=? and o.Total>##',
    'kernel: usb 1-#: New USB device found, idVendor=xxxx, idProduct=xxxx, bcdDevice= #.##',
    'CRON[#####]: (root) CMD (run-parts /etc/cron.hourly); login shell /bin/sh, uid=#',
    'Exception in thread "Timer-#" java.lang.NullPointerException: Cannot invoke "Order.getId()" at Main.java:##',
  ],
  test: [
    '[2026-0#-1#T1#:2#:3#] DEBUG cache hit ratio 0.#### over #### requests',
    'Feb 0# 1#:0#:5# systemd[1]: Started Session #### of user root, unit cron-####.service',
    'nginx: upstream backend-## timed out after ##.### s, request ####### of #######, worker ##',
    'level=info msg="snapshot written" bytes=######## duration=#.###s id=xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx',
    'POST /checkout/v1/carts/xxxxxxxx/items 201 ##ms order=ORD-##### sku=AAA-####',
    'npm ERR! code ERESOLVE in package 1#.#.# of release 2026.#.#',
    '#### INFO train epoch=## loss=0.#### accuracy=0.9### step=#####',
    'at processTicks (node:internal/process/task_queues:##:#) at /srv/app/server.js:###:##',
  ],
};

const IDS: Readonly<Record<Split, readonly string[]>> = {
  dev: [
    'order number ########, tracking ############, invoice #######',
    '{"id":########,"uuid":"xxxxxxxx-xxxx-4xxx-bxxx-xxxxxxxxxxxx","version":"#.##.#"}',
    'commit xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
    'SKU AA-####-AA, batch #####, EAN 40########## in stock: ##',
    'bestelling ########, factuur 2026-####',
    'pedido ######## · Bestellung ######## · commande ########',
    'build AAA-####-xxxxxxx, serial number AA##AA######, part no. ###-####',
    'chassis AAA#AAA##AA######, batch AA-##-AA, lot ####-AAA, shelf AA-##-AA, gate A##',
    'order AA-###-AA, Auftrag A-AA ####, commande AA-###-AA, bin ##-AAA-#',
    'token count ####, max_tokens=####, key=order:#######, secret_version=##, cursor=xxxxxxxxxxxx',
    'customer no. #######; registration for the webinar AAA ## closes on 2026-0#-1#; reg. no. HRB ######',
    'page ## of ###, users ###, login attempts ##, account type A#, age ## days, cache age ####',
  ],
  test: [
    'Ticket #######: order ######### was shipped with tracking number 1Z############',
    '{"orderId":#########,"itemId":"B0xxxxxxxx","quantity":#,"price":##.##,"createdAt":"2026-0#-1#T1#:3#:0#Z"}',
    'sha256:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
    'article no. ###.###.##, serial AA#######, ISBN 978-#-##-######-#',
    'Sendungsnummer ############, Auftrag #######, Rechnung RE-######',
    'numéro de commande #######, référence AA######, facture ######',
    'n.º de pedido ########, referencia AA-#####; ordine n. #######; encomenda n.º ########',
    'port ####, pid #####, exit code ###, 0xxxxxxxxx, total #####.## of ######## rows',
  ],
};

const PROSE: Readonly<Record<Language, Readonly<Record<Split, string>>>> = {
  en: {
    dev: 'You are a helpful assistant for an online shop. Answer in two sentences. If the customer asks for a refund, check the status of the order first, then call the tool that fits. May is our busiest month: parcels to Leeds, Bristol and abroad take up to five days. Never promise a date. The new catalogue has a rose garden set, a lamp called Aurora and a bench in oak. Mark an item as done when it is packed.',
    test: "The board approved the plan for the third quarter: revenue rose by 12 percent, costs fell by 4. Chase every open invoice before the 15th. The Paris and Berlin offices will join in April, Madison follows in 2027. Please read section 4.2 of the manual before you change the filter; a grant of 250,000 dollars covers the work. Our Florence desk is made of walnut, 160 by 80 centimetres, and ships in two boxes. Does the Victoria line stop at King's Cross? Will the update fix the bill? Summarise the text below in English, as JSON with the keys title, summary and tags. The museum opens at 10 and shows paintings, grace notes of a long tradition. Amber lights mean that the pump waits for water.",
  },
  de: {
    dev: 'Du bist ein hilfsbereiter Assistent für einen Onlineshop. Antworte in zwei Sätzen und nenne nie ein Lieferdatum. Der Versand nach Köln, Bremen und ins Ausland dauert bis zu fünf Tage. Im Mai haben wir besonders viel zu tun. Der neue Katalog zeigt eine Gartenbank aus Eiche und eine Lampe aus Messing.',
    test: 'Der Vorstand hat den Plan für das dritte Quartal gebilligt: Der Umsatz stieg um 12 Prozent, die Kosten sanken um 4. Die Büros in Hamburg und Wien ziehen im April um. Bitte lies Abschnitt 4.2 des Handbuchs, bevor du den Filter wechselst. Der Schreibtisch ist aus Nussbaum, 160 mal 80 Zentimeter, und kommt in zwei Paketen. Klein, schwarz und leise: der neue Drucker passt auf jedes Regal. Fasse den folgenden Text zusammen und gib das Ergebnis als JSON aus. Der Bäcker öffnet um sechs, der Müller mahlt am Montag.',
  },
  fr: {
    dev: "Tu es un assistant utile pour une boutique en ligne. Réponds en deux phrases et ne promets jamais de date. La livraison à Lyon, à Nantes et à l'étranger prend jusqu'à cinq jours. Le nouveau catalogue présente un banc en chêne et une lampe en laiton. Mai est notre mois le plus chargé.",
    test: "Le conseil a approuvé le plan du troisième trimestre : le chiffre d'affaires a augmenté de 12 %, les coûts ont baissé de 4 %. Les bureaux de Marseille et de Genève ouvriront en avril. Lisez la section 4.2 du manuel avant de changer le filtre. Le bureau en noyer mesure 160 sur 80 centimètres et arrive en deux colis. Résume le texte ci-dessous en français, sous forme de JSON. Le petit blanc du comptoir coûte trois euros. La rose du jardin fleurit en juin.",
  },
  es: {
    dev: 'Eres un asistente útil de una tienda en línea. Responde en dos frases y nunca prometas una fecha. El envío a Sevilla, Bilbao y al extranjero tarda hasta cinco días. El nuevo catálogo trae un banco de roble y una lámpara de latón. Mayo es nuestro mes de más trabajo.',
    test: 'El consejo aprobó el plan del tercer trimestre: los ingresos subieron un 12 por ciento y los costes bajaron un 4. Las oficinas de Barcelona y Lima abrirán en abril. Lea la sección 4.2 del manual antes de cambiar el filtro. La mesa de nogal mide 160 por 80 centímetros y llega en dos cajas. Resume el texto siguiente en español, como JSON con título y etiquetas. La torre blanca se ve desde la plaza. El rosario de quejas no termina.',
  },
  it: {
    dev: "Sei un assistente utile di un negozio online. Rispondi in due frasi e non promettere mai una data. La spedizione a Bologna, Verona e all'estero richiede fino a cinque giorni. Il nuovo catalogo presenta una panca di rovere e una lampada di ottone. Maggio è il nostro mese più pieno.",
    test: 'Il consiglio ha approvato il piano del terzo trimestre: i ricavi sono saliti del 12 per cento, i costi sono scesi del 4. Gli uffici di Napoli e Zurigo apriranno in aprile. Leggere la sezione 4.2 del manuale prima di cambiare il filtro. La scrivania di noce misura 160 per 80 centimetri e arriva in due colli. Riassumi il testo seguente in italiano, come JSON con titolo ed etichette. Il vino bianco e il rosso costano uguale. La costa è lunga e la rosa fiorisce a giugno.',
  },
  pt: {
    dev: 'És um assistente útil de uma loja em linha. Responde em duas frases e nunca prometas uma data. O envio para Braga, Faro e para o estrangeiro demora até cinco dias. O novo catálogo traz um banco de carvalho e um candeeiro de latão. Maio é o nosso mês mais cheio.',
    test: 'O conselho aprovou o plano do terceiro trimestre: as receitas subiram 12 por cento e os custos desceram 4. Os escritórios de Sintra e Luanda abrem em abril. Leia a secção 4.2 do manual antes de mudar o filtro. A secretária de nogueira mede 160 por 80 centímetros e chega em duas caixas. Resume o texto seguinte em português, como JSON com título e etiquetas. O pinto saiu da casca. A ribeira passa ao lado da costa, junto ao carvalho.',
  },
  nl: {
    dev: 'Je bent een behulpzame assistent van een webwinkel. Antwoord in twee zinnen en beloof nooit een datum. Verzenden naar Leiden, Breda en het buitenland duurt tot vijf dagen. De nieuwe catalogus heeft een eikenhouten bank en een koperen lamp. Mei is onze drukste maand.',
    test: 'De raad keurde het plan voor het derde kwartaal goed: de omzet steeg met 12 procent, de kosten daalden met 4. De kantoren in Rotterdam en Gent gaan in april open. Lees paragraaf 4.2 van de handleiding voordat je het filter vervangt. Het bureau van notenhout is 160 bij 80 centimeter en komt in twee dozen. Vat de tekst hieronder samen in het Nederlands, als JSON met titel en trefwoorden. De vos zit in het bos, de bakker bakt op maandag. De kok smit de pan op het vuur.',
  },
};
