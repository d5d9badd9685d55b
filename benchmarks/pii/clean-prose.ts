/**
 * Prose without personal data for development: sentences of seven languages with places for words that look like names
 * and are none (formats, programs, towns, months, materials, names that are words). Made up; none is in the test.
 */
import type { Random } from '../../src/core/random.ts';
import type { Language } from './names.ts';

/** A seeded text of about `length` characters. */
export function cleanProse(language: Language, length: number, random: Random): string {
  let text = '';
  while (text.length < length) {
    const sentence = random
      .pick(SENTENCES[language])
      .replace(/\{(\w+)\}/g, (_, slot: string) => random.pick(WORDS[slot] ?? [slot]));
    text += (text === '' ? '' : random.next() < 0.15 ? '\n\n' : ' ') + sentence;
  }
  return text;
}

const list = (text: string): readonly string[] => text.split(', ');

const WORDS: Readonly<Record<string, readonly string[]>> = {
  format: list('JSON, XML, CSV, YAML, HTML, PDF, SQL, JPEG, Markdown, TOML, Parquet, UTF-8, ASCII, Base64'),
  program: list(
    'Kubernetes, Docker, Jenkins, Grafana, Kafka, Redis, Postgres, Excel, Outlook, Slack, Jira, Ansible, Terraform, Hadoop, Tomcat, Apache, Nginx, Ruby, Python, Swift, Sphinx, Mocha, Selenium, Cassandra, Elasticsearch, Prometheus, Vite, Babel, Django, Flask, Angular, React, Svelte, Cypress',
  ),
  acronym: list(
    'API, URL, HTTP, CPU, GPU, VAT, FAQ, CEO, SLA, KPI, ETA, TODO, SKU, RAM, SSD, LED, USB, EU, UK, USA, ISO, DIN',
  ),
  town: list(
    'Paris, Berlin, Florence, Madison, Lincoln, Austin, Charlotte, Vienna, Geneva, Lisbon, Valencia, Leiden, Houston, Sydney',
  ),
  month: list('January, March, April, May, June, August, October'),
  thing: list('lamp, desk, printer, chair, kettle, bench, rose, drill, filter, pump, keyboard, camera'),
  model: list(
    'Aurora, Oslo, Nova, Luna, Atlas, Titan, Mercedes, Tesla, Malta, Malm, Vesta, Polar, Kallax, Zephyr, Orion',
  ),
  title: list(
    'Getting Started, Release Notes, Quarterly Report, Terms of Service, Privacy Policy, Open Issues, Pull Requests, Board Meeting, Spring Sale, Customer Success',
  ),
  number: list('12, 40, 7, 160, 2, 95, 300, 18, 64'),
};

const SENTENCES: Readonly<Record<Language, readonly string[]>> = {
  en: [
    'Return the answer as {format} with the keys title, summary and tags.',
    'Convert the {format} file to {format} before you upload it to {program}.',
    'The new {thing} called {model} ships from {town} in {month}, in two boxes.',
    'Our {town} office moved in {month}; the one in {town} stays.',
    'Walnut, {number} by {number} centimetres, with brass handles.',
    'Mark every invoice as paid once the {acronym} has been checked.',
    'Section {number}, {title}, explains how {program} talks to {program}.',
    '{title} ({number}) is the longest page of the handbook.',
    'You are a careful assistant. Never promise a date, and never mention {program}.',
    'Will the {model} line stop in {town}? Grace periods end in {month}.',
    'If the user asks for a refund, look up the order, then call the tool that fits.',
    'Amber means wait; Jade, Ivory and Olive are colours of the {thing}.',
    'The warranty is valid for {number} years and covers the {thing} and its motor.',
    'A whisky aged {number} years is served with a cheese of {number} months.',
    'Chase the late payments, bill the rest, and frank the letters on Monday.',
    'The user input is read by {program}, which answers with {format}.',
    'The password is required, the user name is optional and the token is sent by mail.',
    'TODO: replace {program} by {program}, and measure the {acronym}.',
    'Dear customer, your parcel is on its way. Best regards, Customer Service',
    'Note: the {acronym} of {model} is {number}; see {title}.',
  ],
  de: [
    'Gib die Antwort als {format} aus, mit Titel, Zusammenfassung und Schlagworten.',
    'Wandle die Datei von {format} in {format} um, bevor {program} sie liest.',
    'Die neue Leuchte {model} kommt im Mai aus {town}, in zwei Paketen.',
    'Das Büro in {town} zieht um, das in {town} bleibt.',
    'Eiche, {number} mal {number} Zentimeter, mit Griffen aus Messing.',
    'Abschnitt {number}, {title}, erklärt, wie {program} mit {program} spricht.',
    'Der Bäcker öffnet um sechs, der Müller mahlt am Montag, der Koch kocht.',
    'Klein, leise und schwarz: der Drucker {model} passt auf jedes Regal.',
    'Die Garantie gilt {number} Jahre und umfasst Motor, Kabel und Filter.',
    'Wenn der Nutzer eine Erstattung will, prüfe zuerst den Auftrag.',
    'Sommer, Winter, Herbst: der Katalog erscheint dreimal, der Umsatz wird steigen.',
    'Das Passwort ist erforderlich, der Benutzername ist belegt.',
    'Ernst gemeint: {program} ist kein Format, {format} schon.',
    'Hinweis: {acronym} und {acronym} stehen in der Tabelle, Stern und Berg im Wappen.',
  ],
  fr: [
    'Résume le texte sous forme de {format}, avec un titre et des étiquettes.',
    'Convertissez le fichier {format} en {format} avant de le donner à {program}.',
    'La lampe {model} arrive de {town} en deux colis.',
    'Le bureau de {town} ouvrira en avril, celui de {town} ferme.',
    'Noyer, {number} sur {number} centimètres, avec des poignées en laiton.',
    'La garantie de {number} ans couvre le moteur et le filtre.',
    'La section {number}, {title}, explique comment {program} parle à {program}.',
    'Le petit blanc du comptoir, la rose du jardin et le marchand de sable.',
    'Le mot de passe est obligatoire, le nom d’utilisateur est libre.',
    'Si le client demande un remboursement, vérifie la commande.',
    'Juste prix, bon marché, grand choix : {model} en {number} couleurs.',
  ],
  es: [
    'Resume el texto como {format}, con título y etiquetas.',
    'Convierte el archivo {format} en {format} antes de pasarlo a {program}.',
    'La lámpara {model} llega de {town} en dos cajas.',
    'La oficina de {town} abre en abril, la de {town} cierra.',
    'Nogal, {number} por {number} centímetros, con tiradores de latón.',
    'La garantía de {number} años cubre el motor y el filtro.',
    'La sección {number}, {title}, explica cómo {program} habla con {program}.',
    'La torre blanca, el rosario de quejas y la cruz del camino.',
    'La contraseña es obligatoria, el nombre de usuario es opcional.',
    'Si el cliente pide un reembolso, comprueba el pedido.',
  ],
  it: [
    'Riassumi il testo come {format}, con titolo ed etichette.',
    'Converti il file {format} in {format} prima di passarlo a {program}.',
    'La lampada {model} arriva da {town} in due colli.',
    "L'ufficio di {town} apre in aprile, quello di {town} chiude.",
    'Noce, {number} per {number} centimetri, con maniglie di ottone.',
    'La garanzia di {number} anni copre il motore e il filtro.',
    'La sezione {number}, {title}, spiega come {program} parla con {program}.',
    'La rosa fiorisce, il vino bianco costa come il rosso, la costa è lunga.',
    'La password è obbligatoria, il nome utente è facoltativo.',
    'Se il cliente chiede un rimborso, controlla l’ordine.',
  ],
  pt: [
    'Resume o texto como {format}, com título e etiquetas.',
    'Converte o ficheiro {format} em {format} antes de o passar a {program}.',
    'O candeeiro {model} chega de {town} em duas caixas.',
    'O escritório de {town} abre em abril, o de {town} fecha.',
    'Nogueira, {number} por {number} centímetros, com puxadores de latão.',
    'A garantia de {number} anos cobre o motor e o filtro.',
    'A secção {number}, {title}, explica como {program} fala com {program}.',
    'O pinto saiu da casca, a ribeira passa ao lado do carvalho.',
    'A palavra-passe é obrigatória, o nome de utilizador é opcional.',
    'Se o cliente pedir um reembolso, verifica a encomenda.',
  ],
  nl: [
    'Vat de tekst samen als {format}, met titel en trefwoorden.',
    'Zet het bestand om van {format} naar {format} voordat {program} het leest.',
    'De lamp {model} komt uit {town} in twee dozen.',
    'Het kantoor in {town} gaat open in april, dat in {town} sluit.',
    'Notenhout, {number} bij {number} centimeter, met messing grepen.',
    'De garantie van {number} jaar dekt de motor en het filter.',
    'Paragraaf {number}, {title}, legt uit hoe {program} met {program} praat.',
    'De vos zit in het bos, de bakker bakt, de kok smit de pan op het vuur.',
    'Het wachtwoord is verplicht, de gebruikersnaam is optioneel.',
    'Als de klant geld terug wil, kijk dan eerst naar de bestelling.',
  ],
};
