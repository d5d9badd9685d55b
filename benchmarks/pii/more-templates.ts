/**
 * More templates for development, of kinds that the first ones have few of: user names, secrets, wallets, hardware
 * addresses, ages, dates of birth that answer a question, plates. Written after a run on the test's texts had shown
 * these kinds to be weak, in other words than the test's; none is in the test.
 */
import type { Language } from './names.ts';

export const MORE: Readonly<Record<Language | 'data', readonly string[]>> = {
  en: [
    'Please reset the login {{username}}; I lost my phone.\nThe old password was {{secret}}.',
    'I opened the account with the username {{username}} and paid from {{wallet}} last night.',
    'My user name is {{username}}, and the token is {{secret}}.',
    "Agent: When were you born?\nCaller: {{birth-date}}\nAgent: What's the best number to reach you on?\nCaller: {{phone}}",
    'My sister {{given}} will turn {{age}} in May, and my father turns {{age}}.',
    '{{person}} ({{age}}) joined us last week. A {{age}}-year-old man called about the garage.',
    'A man of {{age}} parked the car, registration {{licence-plate}}, in front of my door.',
    'Car: blue van, reg {{licence-plate}}, owner {{person}}',
    "Hi, it's {{given}} here again, is {{person}} there today?",
    'The router with MAC {{mac}} keeps asking for {{ip}}',
  ],
  de: [
    'Mein Login {{username}} geht nicht mehr, das Passwort war {{secret}}.',
    'Der Benutzername ist {{username}}, das Kennwort lautet {{secret}}.',
    'Mitarbeiter: Wann sind Sie geboren?\nAnrufer: {{birth-date}}\nMitarbeiter: Unter welcher Nummer erreichen wir Sie?\nAnrufer: {{phone}}',
    'Meine Mutter wird im Juli {{age}}. {{person}} ({{age}}) wohnt nebenan.',
    'Ein Mann von {{age}} Jahren, Fahrer des Wagens mit dem Kennzeichen {{licence-plate}}, wurde verletzt.',
    'Hallo, hier ist {{given}} noch einmal, ist {{person}} heute da?',
    'Einzahlung an {{wallet}} kam nie an, mein Nutzername: {{username}}',
  ],
  fr: [
    'Mon identifiant {{username}} ne marche plus, le mot de passe était {{secret}}.',
    "Le nom d'utilisateur est {{username}} et le mot de passe est {{secret}}.",
    'Conseiller : quelle est votre date de naissance ?\nAppelant : {{birth-date}}\nConseiller : à quel numéro vous joindre ?\nAppelant : {{phone}}',
    'Ma mère va avoir {{age}} ans. Un homme de {{age}} ans a été opéré. {{person}}, {{age}} ans, est sorti.',
    'La voiture, immatriculée {{licence-plate}}, est à {{person}}.',
    "Bonjour, c'est encore {{given}}, est-ce que {{person}} est là aujourd'hui ?",
    'Dépôt vers {{wallet}} jamais arrivé, pseudo : {{username}}',
  ],
  es: [
    'Mi usuario {{username}} ya no funciona, la contraseña era {{secret}}.',
    'El nombre de usuario es {{username}} y la clave es {{secret}}.',
    'Operador: ¿cuál es su fecha de nacimiento?\nCliente: {{birth-date}}\nOperador: ¿en qué número podemos llamarle?\nCliente: {{phone}}',
    'Mi madre cumple {{age}} años. Una mujer de {{age}} años vino ayer; {{person}}, de {{age}} años, pidió cita.',
    'El coche con placa {{licence-plate}} es de {{person}}.',
    'Hola, soy {{given}} de nuevo, ¿está hoy {{person}}?',
    'El depósito a {{wallet}} no llegó, usuario: {{username}}',
  ],
  it: [
    'Il mio utente {{username}} non funziona più, la password era {{secret}}.',
    'Il nome utente è {{username}} e la password è {{secret}}.',
    'Operatore: qual è la sua data di nascita?\nCliente: {{birth-date}}\nOperatore: a che numero possiamo chiamarla?\nCliente: {{phone}}',
    'Mia madre compie {{age}} anni. Una donna di {{age}} anni è arrivata; {{person}}, di {{age}} anni, è uscito.',
    "L'auto con targa {{licence-plate}} è di {{person}}.",
    "Ciao, sono di nuovo {{given}}, c'è {{person}} oggi?",
    'Il versamento su {{wallet}} non è arrivato, nome utente: {{username}}',
  ],
  pt: [
    'O meu utilizador {{username}} já não funciona, a senha era {{secret}}.',
    'O nome de utilizador é {{username}} e a palavra-passe é {{secret}}.',
    'Operador: qual é a sua data de nascimento?\nCliente: {{birth-date}}\nOperador: para que número podemos ligar?\nCliente: {{phone}}',
    'A minha mãe faz {{age}} anos. Uma mulher de {{age}} anos veio ontem; {{person}}, de {{age}} anos, saiu.',
    'O carro de matrícula {{licence-plate}} é de {{person}}.',
    'Olá, é a {{given}} outra vez, {{person}} está hoje?',
    'O depósito para {{wallet}} não chegou, utilizador: {{username}}',
  ],
  nl: [
    'Mijn gebruiker {{username}} werkt niet meer, het wachtwoord was {{secret}}.',
    'De gebruikersnaam is {{username}} en het wachtwoord is {{secret}}.',
    'Medewerker: wat is uw geboortedatum?\nBeller: {{birth-date}}\nMedewerker: op welk nummer kunnen we u bellen?\nBeller: {{phone}}',
    'Mijn moeder wordt {{age}}. Een man van {{age}} jaar kwam langs; {{person}}, {{age}} jaar, is naar huis.',
    'De auto met kenteken {{licence-plate}} is van {{person}}.',
    'Hoi, met {{given}} nog een keer, is {{person}} er vandaag?',
    'De storting naar {{wallet}} kwam nooit aan, gebruikersnaam: {{username}}',
  ],
  data: [
    '{{=date}} {{=time}}:02 dhcpd: DHCPACK on {{ip}} to {{mac}} via eth0',
    'wlan0: station {{mac}} joined, lease {{ip}}\nwlan0: station {{mac}} left',
    '{"login":"{{username}}","api_key":"{{secret}}","last_ip":"{{ip}}","device":"{{mac}}"}',
    'PAYOUT_ADDRESS={{wallet}}\nAPI_TOKEN={{secret}}\nBACKUP_HOST={{ip}}\n',
    '{"event":"withdrawal","to":"{{wallet}}","account":{"user":"{{username}}","age":{{age}}}}',
    '[{{=date}} {{=time}}] auth: user {{username}} signed in from {{ip}}',
    '{{=date}} INFO security: user {{username}} on {{ip}} changed the role of {{email}}',
    'plate;driver;mobile\n{{licence-plate}};{{person}};{{phone}}',
    'GET /session?user={{username}}&token={{secret}} 200 {{ip}}',
    'secret={{secret}} client={{ip}}',
  ],
};
