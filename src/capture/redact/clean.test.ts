/** Texts without personal data, made up by hand: code, logs, ids, prose and tables stay as they are, by both stages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configSchema } from '../../core/config.ts';
import { compilePolicy, namesOfEntities, obviousNames, redactEntities, redactText } from './redact.ts';

const context = {
  key: new Uint8Array(32).fill(3),
  policy: compilePolicy(configSchema.parse({}).redaction),
};

const CLEAN: Readonly<Record<string, readonly string[]>> = {
  code: [
    'const token = "usr_2024_session_v2_default_key_name"; // see api_key: process.env.API_KEY_V2',
    'function login(password: string, token = getToken()): Promise<Session> { return auth(password, token); }',
    'if (user.password !== form.password) throw new Error("password is wrong");',
    'password = os.environ["PASSWORD"]\nsecret_key = settings.SECRET_KEY_BASE_64\nkey: keyof typeof map;',
    'SELECT id, password_hash FROM users WHERE email = $1 AND token IS NOT NULL LIMIT 100 OFFSET 2000;',
    'print("Hello World")\nconsole.log("Hello World");',
    'export PATH=/usr/local/bin:$PATH PGPASSWORD=$DB_PASSWORD TOKEN=$TOKEN',
    'curl -sSL https://shop.dev/api/v1/items?page=2&sort=asc -H "Accept: application/json" -o out.json',
    'mysql -u root -p shop < dump.sql',
    '{"password": "required", "properties": {"password": {"type": "string"}}, "token": "none"}',
    'class Form { password: string; secret = ""; PASSWORD_FIELD=password; token?: string | undefined }',
    'git checkout 3f2a9c1 && git rebase --onto main 9fceb02d0ae598e95dc970b74767f19372d61af8',
    'for (let i = 0; i < 1024; i += 16) buffer[i] = 0xdeadbeef ^ (i << 3);',
    'matrix = [[1, 2, 3, 4], [10, 20, 30, 40], [100, 200, 300, 400], [1000, 2000, 3000, 4000]]',
    'color: #1a2b3c; background: rgba(12, 34, 56, 0.78); width: calc(100% - 240px); z-index: 2147483647;',
    'import { a, b } from "@scope/pkg-1.2.3"; import x from "lib@4.17.21"; @Injectable() @decorator.call',
    'const login = data.login; owner: repo.owner, user: form.user, account = session.account; user=req.user',
    "call(i, 'judge', [user(jobs.judge), user('jobs.judge')]); { system: null, user: free, names: [] }; /(account|member)/",
    'const secret = getSecretV2(); token: handleV2Request; key = parseKey128; secret: useSecretV2',
    'if (user.isAdmin) return { user: admin2, login: test1 };',
    'const ZERO = 0x0000000000000000000000000000000000000000, DEAD = 0x000000000000000000000000000000000000dead;',
    'type Key = `user:42`; const cookie: Cookie = parse(header); headers.authorization = bearer(token);',
    '<svg viewBox="0 0 24 24"><path d="M12 2C6.48 2 2 6.48 2 12s4.48 10 10 10 10-4.48 10-10S17.52 2 12 2z"/></svg>',
    'DECIMAL(10, 2) NOT NULL DEFAULT 0.00, PRIMARY KEY (id), KEY idx_a (a), account_number VARCHAR(34)',
    'Buffer 00 68 00 71 00 77 00 68 01 02 03 04 05 06 07 08',
    'const re = /^(\\d{3})-(\\d{2})-(\\d{4})$/; // matches a social security number',
  ],
  logs: [
    '2026-03-04T12:30:45.123Z INFO  [http-nio-8080-exec-10] c.s.OrderService - order 4421486 took 123 ms',
    'Jan 12 03:04:05 web-01 kernel: [123456.789012] eth0: link up, 1000 Mbps, full duplex',
    '    at Object.<anonymous> (/srv/app/dist/server.js:120:33)\n    at Module._compile (node:internal/modules/cjs/loader:1554:14)',
    'Traceback (most recent call last):\n  File "/usr/lib/python3.12/json/decoder.py", line 355, in raw_decode\nKeyError: \'password\'',
    'java.lang.IllegalStateException: token expired\n\tat com.shop.auth.TokenFilter.doFilter(TokenFilter.java:88)',
    'GET /api/v2/orders/12345678901234 HTTP/1.1 200 5120 0.004 upstream=127.0.0.1:8080 rid=7f3a9c10',
    'GC pause (G1 Evacuation Pause) 512M->128M(2048M) 12.345ms; heap 0x00000000c0000000, 0x0000000100000000',
    'level=info msg="snapshot written" bytes=10485760 duration=1.234s id=550e8400-e29b-41d4-a716-446655440000',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0',
    'epoch 12/100 loss=0.1234 acc=0.9876 lr=3.0e-4 step=123456 eta 1:23:45 throughput 1234.5 tok/s',
    'retrying in 30 s (attempt 3 of 10), status 503, deadline 1755302400, created_at=1755302400123',
    'npm warn deprecated glob@7.2.3: versions prior to v9 are no longer supported',
    'Upgrade from 10.0.45.200 to 10.1.99.3 broke it; see section 4.2.1.33',
    'WARN auth: user input rejected at 14:20, user agent from 2019; audit: user session at 10:20 expired',
    'systemd[1]: Started Session 44 of user root, unit user-1000.slice; login shell from 10:00 on',
  ],
  ids: [
    'Where is order 555-867-5309? Item no 0123-4567890, invoice 2024-11-0042.',
    'trace 4f3a9c10-4111-1111-1111-111111111111 phone: 5f3a-12',
    'commit 9fceb02d0ae598e95dc970b74767f19372d61af8, sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'SKU AB-1234-XY, EAN 4006381333931, ISBN 978-3-16-148410-0, ASIN B07XJ8C8F5, lot no. 4111111111111111',
    'tracking 1Z999AA10123456784, parcel 00340434161094042557, Sendungsnummer 003404341610, Auftrag 4711-0815',
    'Bestellnummer: 0171 2345678, Rechnung 030 12345678, pedido 612 34 56 78, commande n° 06 12 34 56 78',
    '{"id": 4123456789012, "created_at": 1755302400, "order_id": "4111111111111111", "sku": "12345678Z9"}',
    'user_01HZX3K5Q8R2, call_9pwDXnUX5MHRRE85a4Kshg26, chatcmpl-8f7a6b5c4d3e2f1a, msg_01XFDUDYJgAACzvnptvVoYEL',
    'case #4111111111111111 and ticket no. 4155552671 are closed; reference number 020 7946 0958.',
    'ORD-20260304-0001, PO 45000123456789, batch 0170 1234567, model X200-4500-1000, part 555-123-4567',
    'doi:10.1000/182, arXiv 2506.02153, RFC 7540 8.1.2.4, ISO/IEC 7812-1:2017, EN 60601-1-2, DIN 5008',
    'MD5 d41d8cd98f00b204e9800998ecf8427e, ETag "33a64df551425fcc55e4d42a148795d9f25f89d4", etag W/"0815"',
  ],
  numbers: [
    'The price rose from 1.299,99 € to $1,399.00 (+7.7 %), VAT 19 %, total 12 345 678 CHF.',
    'Version 1.2.3.4, v10.0.19041.1, section 3.2.1.4, Python 3.12.10.1, build 22631.4169, 127.0.0.1, 0.0.0.0.',
    'From 2023-10-05 to 2023-10-12, 10.05.2023-12.05.2023, 05/10/2023, 12 March 2025 at 14:30, KW 12/2025.',
    'Anruf am 12.03.2025 um 14:30, tel 12.03.2025; opening hours 0900-1730, call on 2025 11 03 14 30',
    'Coordinates 48.137154, 11.576124; 1920 x 1080 px, 16:9, 3 x 4 x 5 cm, 100 200 300 400, 1,000,000 users.',
    '3.1415926535 8979323846 2643383279 and 1e-10, 6.022e23, -40.5 °C, 1/3, 2^31-1, 0b101010, 0o755',
    'ratio 12:34:56, 00:00:00, 23:59:59.999, UTC+01:00, a::b::c, std::vector<int>, cafe:babe',
    'Population: 83 200 000; area 357 592 km²; founded in 1871; 16 states; density 233 per km2.',
    'Table: 10 20 30 40 50 60 70 80 90 | 11 12 13 14 15 | 2020 2021 2022 2023 2024 2025 2026',
    'The whisky is aged 12 years; the account is 5 years old; my laptop is 3 years old; a 10-year-old bug.',
    'Pages 120-134, chapters 3.4-3.6, figures 2a and 2b, §§ 433 ff. BGB, Art. 6 (1) lit. b, line 42.',
  ],
  prose: [
    'Thanks Amazon! The parcel never came. Hello Kitty, lamp, pink. Good Morning America, episode 4.',
    'Are the Dr. Martens 1460 in size 42 in stock? I also want Dr. Pepper and Mr. Clean.',
    'Author: Jordan, peak: Petra. Name: Paris, country: France. {"name":"Virginia","type":"state"}',
    'Please reset my password. The password is incorrect. Passwort: vergessen. Mot de passe : oublié. Password must be long.',
    'The Wall Street Journal wrote about Fifth Avenue shops; take the second road left, then 3 more blocks.',
    'Will you be there in May? Mark it as read. The price may rise. Dear Summer sale fans! Best of all, Grace wins.',
    'My passport was stolen. I need a visa card, an ID card and a driving licence. Is the number plate included?',
    'Was ist Ihre Telefonnummer? Meine Adresse hat sich geändert. Das Geburtsdatum fehlt, die IBAN auch.',
    'Mon numéro de téléphone a changé. ¿Cuál es su fecha de nacimiento? Qual é o número do passaporte?',
    'She was born to lead. A star is born. He was born in a small town on the coast. Happy birthday to the team!',
    'The patient number is missing, the insurance number too; the member of the board has no medical record.',
    'During 10 years we scored 3 goals. Considering 16 ounces, 12 Main features drive 5 new sales in 4 cities.',
    'Press PIN 13 of the board; GPIO 4 is high. The pin is red. Use code SAVE20 at the checkout by 31 May.',
    'Cookies: chocolate chip; Basic plan, Bearer of good news; Token ring networks; Secret: none.',
    'Lampenwerk GmbH, Siemens AG and the Red Cross meet at the Expo in Hannover, hall 4, stand 12.',
    'Username: must be unique. The handle is loose. @everyone, see @types/node and foo@bar or info@lampenwerk.io.',
    'Der Ausweis fehlt. Das Kennzeichen ist verschmutzt. Seine Steuer ist bezahlt. Die Rente steigt um 4,57 Prozent.',
    'Zip it up. The zip file has 12345 entries. Plz 5 more minutes. Street food, via email, via 2 hops.',
    'Account numbers are ten digits long. Sort by code. Route 66 and Highway 61 are roads, Platz 5 is free.',
    'The user name is required, it is unique and visible. Der Benutzername ist belegt, das Login ist gesperrt.',
    'Open Issues (23), Pull Requests (12), Table Two (40). The price turns 62 degrees; the user turns at 5.',
    'La garantía de 2 años, un vino de 12 años, mayor de 18 años. Le contrat de 3 ans. Il vino di 12 anni.',
    'Registration closes at 12:00; registration for the course 101 is free. What is your phone number?\nI forgot.',
    'How many orders did you reach?\n4711 of them. When was the firm born?\nIn spring.',
    'The car can go 120 km an hour, it was a 1968 model, we had it for 7500 miles at 120 km; my car BMW 320 and the car of 2010.',
    'user: hello, can you help me? Login page, user guide, account manager, handle with care.',
  ],
};

for (const [group, texts] of Object.entries(CLEAN)) {
  test(`${group} without personal data stay as they are, in JSON too`, () => {
    for (const text of texts) {
      for (const written of [text, JSON.stringify({ content: text, n: 4421486, list: [text] }, null, 2)]) {
        const once = redactText(written, context);
        assert.equal(once, written);
        const entities = obviousNames(once);
        const names = namesOfEntities(once, entities);
        assert.equal(redactEntities(once, entities, names, context), written);
      }
    }
  });
}
