/** Words that tell names from other capitalised words. Lower case throughout. */

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Common first names of many countries: where the position alone is not enough, one of these must be there. */
export const FIRST_NAMES = words(`
  aaron abigail adam adele adrian adriana agnes ahmad ahmed aisha alan albert alberto alejandro alessandro alessia
  alex alexander alexandra alexis alfred ali alice alicia alina alison allison alma amanda amelia amina amir amira amy ana anastasia
  andre andrea andreas andrew andy angela angelina anita anja ann anna anne annette annie anthony antje antoine
  anton antonia antonio arjun armando arthur asha ashley astrid aurora ava axel barbara bart bashir beate beatrice beatriz
  ben benedict benjamin benoit bernadette bernard bernd bertha bettina bianca birgit bjorn bob boris brad brandon
  brenda brent brian bridget brigitte bruce bruno bryan caitlin camila camille carina carl carla carlos carmen
  carol carolin caroline catherine cathy cecilia celine charles charlie charlotte chen chiara chloe chris christian
  christiane christina christine christoph christopher claire clara clarence claudia clemens cody colin connor
  corinna craig cristina cynthia dagmar damian dan daniel daniela danielle danny darren dave david dawid deborah
  denise dennis derek derrick desmond diana diane diego dieter dimitri dirk dmitri dominic dominik donald donna dora doris
  dorothy douglas duncan dylan eduardo edward edwin eileen elaine elena eleanor elias elif elijah elisabeth elise elizabeth
  ella ellen elsa emil emilia emily emma eric erica erik erika erin ernst esra esther ethan eugene eva evan evelyn
  fabian farah fatima federico felipe felix fernando finn fiona florian frances francesca francesco francis
  francisco francois franz fred frederic frederik friedrich gabriel gabriela gareth gary gavin geoffrey george
  gerald gerard gerd gerhard giovanni gisela giulia giuseppe gloria gordon greg gregor gregory greta guido guillaume
  gunther gustav hanna hannah hannes hans harald harold harry hassan heather heidi heike heinz helen helena helene
  helga henrik henry herbert hermann hiroshi holger howard hubert hugo hussein ian ibrahim ida igor ines inga ingrid
  irene irina irma isaac isabel isabella isabelle ivan jacob jacqueline jacques jaime jakob james jamie jan jana jane janet
  janine jasmin jasmine jason javier jean jeff jeffrey jelena jennifer jenny jens jeremy jerome jesse jessica jill
  jim jin joachim joan joanna jochen joe joel johan johanna johannes john johnny jonas jonathan jorge jose josef joseph
  josephine joshua juan judith judy julia julian juliane julie julien juliet jürgen jurgen justin kai karen karim
  karin karina karl karla kate katharina katherine kathleen kathrin kathy katie katja kay keith kelly ken kenneth
  kenji kerstin kevin khalid kim kimberly klaus konrad konstantin kristen kristin kristina kurt kyle lara larry lars
  laura lauren laurent lea leah lena leo leon leonard leonie leticia liam lidia lilly lina linda lisa liz lorena lorenzo
  lothar louis louise luc luca lucas lucia lucy luis luisa lukas luke lydia lynn madison magdalena maja malik manfred
  manuel manuela marc marcel marcela marco marcos marcus margaret maria mariam marie marina mario marion marius
  markus marlene marta martha martin martina marvin mary mateo mathias matilda matteo matthew matthias maurice max
  maximilian maya megan mehmet melanie melissa mercedes mia michael michaela michel michelle miguel mike mila milan
  mina miriam mohamed mohammad mohammed moritz mustafa nadia nadine nadja nancy naomi natalia natalie natasha nathan
  nathalie nicholas nick nico nicolas nicole niklas nikolai nils nina noah noemi nora norbert norman oleg olga oliver
  olivia olivier omar oscar oskar otto owen pablo pamela paolo patricia patrick paul paula pauline pavel pedro peter
  petra phil philip philipp phillip pierre pilar priya rachel rafael raj rajesh ralf ralph ramon raquel rashid raul ravi
  rebecca regina reinhard renate rene ricardo richard rita robert roberto robin roger roland rolf roman ronald
  rosa rosemary rudolf rupert ruth ryan sabine sabrina sally salma sam samantha samir samuel sandeep sandra
  santiago sara sarah sascha scott sean sebastian serge sergei sergio sharon sheila shirley silke silvia simon simone
  sina sofia sonia sonja sophia sophie stefan stefanie steffen stella stephan stephanie stephen steve steven stuart
  sunita susan susanne suzanne sven svetlana sylvia tamara tanja tanya tara tariq tatiana ted teresa terry theo theresa
  thomas thorsten tiffany tim timothy tina tobias todd tom tomas tony torsten tracy tyler udo ulrich ulrike ursula
  uwe valentina valentin valerie vanessa vera veronica victor victoria viktor vincent virginia vivian vladimir
  walter wei wendy werner wilhelm william wolfgang xavier yara yasmin yasmine yuki yusuf yvonne zachary zoe zofia
  aarav abdul aditi akira amit ananya anil bao carlotta chang deepak dimitrios feng giorgos haruto hiro jing kavita
  kiran kofi kwame lakshmi li ling mei meera mikhail minh nikhil nguyen ngozi oluwaseun piotr pooja rahul rohan sakura
  sanjay shreya siddharth sneha suresh takashi thiago tomasz vijay vikram wang xiao yan ying yong zhang`);

/** Words that stand where names stand and are none. A match that holds one is not a name. */
export const NOT_NAMES = words(`
  a about account admin administrator again agent ai alexa all and any anybody anyone api app assistant available back
  best bitte board bot buddy business buyer care chat chatgpt claude client co colleague colleagues community company
  computer concerned confirmed corp customer customers dad damen danke data day department der desk developer
  developers die dear dude editor employee english everybody everyone evening finance folks for free friend friends from
  frau gentlemen gmbh good google gpt group guest guests guys hello help helpdesk her here herr herren hey hi hiring his home
  how hr human i if inc information is it its just kind kindly kundenservice ladies limited llc llm ltd madam
  management manager member members miss mom morning mr mrs ms mum my night no none not null office ok okay one
  openai order our owner partner people person please product reader recruiter regards representative reservation
  sales sender seller senior service shop sir siri so some somebody someone staff store subscriber support system
  target task team teams test thank thanks that the their there these they this those to today tomorrow tool true
  undefined unknown up user users valued vendor very via virtual warm we welcome what when where who with world yes you
  your yours yourself false january february march july august september october november december monday tuesday
  wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag sonntag
  american british german french spanish italian european chinese japanese indian new north south east west shipping
  delivery returns billing invoice payment refund total price quantity address phone email subject date number
  pro plus mini max-pack ultra usb led black-friday christmas`);

/** Names that are words as well: replaced where they stand as names, never elsewhere on their own. */
export const WORDS_TOO = words(`
  amber angel april art ash august autumn baker banks bell berry best bill bishop black blue bond bowman brown bush
  butcher carter case chance chase cherry christian church clay cliff cook crystal daisy dale dawn day dean dick dolly drew duke
  earl england eve faith field fields fisher ford forest forrest foster fox france frank gay gene george-town grace grant gray
  green guy hall harmony hazel heath hill holly hope hunt hunter iris israel ivy jack jade jean joy june king lance lane
  law lee lily london long love major mark marks mason max may mercedes miles miller mills moon moss neal nick noble
  olive page paige paris park parker pat peace pearl penny pepper price prince quick ray read reed rich rivers rob robin rock
  rose rosemary ruby rusty sage sandy savage sharp short sierra singer skip sky small smart snow sofia song star stephens stone
  storm strong sue summer sun sunny swift sydney taylor tiffany toy trip victoria violet walker ward washington water waters
  weaver webb wells west white will win winter wise wolf wood woods york young
  abend berg bauer blum fischer fuchs gross kaiser klein koch kurz lang neu richter schwarz stark stein vogel weiss wolff`);
