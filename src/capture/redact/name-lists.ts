/** Words that tell names from other capitalised words. Lower case throughout. */

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Common first names of many countries: where the position alone is not enough, one of these must be there. */
const FIRST_NAMES = words(`
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
  sanjay shreya siddharth sneha suresh takashi thiago tomasz vijay vikram wang xiao yan ying yong zhang
  achim agathe agostino aidan alain alba alessio alfie allan alvaro alyssa amandine amara anais andrzej annalisa annegret annika anouk antonella
  antonio armin arne arnaud arlene audrey aurelie aurelien ayse baptiste barry bartolomeo bas bastian begona benedicte benno bernice bethany
  beverly blake bodo borja bradley bram brandi brett burak burkhard caio caleb callum cameron carly carmelo carola carolyn carrie carsten
  catarina cedric cem cheryl chester chinedu christa claudio claus clifford clinton conceicao concepcion constance cornelia cornelis courtney
  cristobal curtis daan damien darrell darryl davide deanna debbie debra delores deniz detlef dexter diogo dolores domenico doreen duarte dustin
  dwayne dwight eckhard edeltraud edith edmund edson elfriede elisa eliza elke ellie elliot elliott emanuele emeka emilio emine emre encarnacion
  enrico enrique enzo ernest erwin esmee esteban ethel ettore eunice ewald fabio fabrice fabrizio fatma fatou faye federica felicia femi femke
  fergus filipa filipe filippo finley floris floyd frauke freddie frederick friederike fritz gabriele gael garrett geraldine gerlinde gerrit
  gertrud giacomo gianluca gianni gijs gilberto gina ginevra giorgia giorgio giovanna gladys glenda glenn goncalo gonzalo gregorio guadalupe
  gudrun guenter gunter gustavo gwen gwendolyn hailey harriet hartmut harvey hayden hayley heiko heiner heinrich helder helmut hendrik henk
  henning henrique herman herta herve hilary hilda hildegard horst hubertus huseyin ifeoma ignacio iker ilaria ilona ilse imogen inge ingeborg
  ingo inmaculada irmgard irvin isolde iwona jaap jackie jacopo jana janusz jared jeanette jeanne jeannie jeroen jerry jesus jillian joana joanne
  joao joaquim joaquin jocelyn jodie joelle joerg joost jorg joris josefa josie joyce juana juanita jutta kara katarzyna katelyn katrin kayla
  kees kemal kendra kerry kirk kirsten klaudia koen krzysztof kristy kwabena latoya laurence lawrence leandro leonardo leroy lewis lieke
  lieselotte lindsay lindsey lloyd lois loredana loretta lori lorraine lotte lourdes luana lucie lucille ludwig luigi lurdes luther lutz maaike
  maarten mabel macarena maddalena madalena malgorzata mamadou mandy marcella marcia margarete margarida margaux margit marian mariana
  mariangela maribel marieke marijke marilyn marjorie marlies marloes marlon martijn massimo mathieu mathilde matilde maureen mauricio maurizio
  maxime maxine meike melinda melvin menno meredith micheal michele milton mindy miranda mirko molly monika montserrat mounir moussa murat muriel
  myrtle nadege nellie nerea nicola nicoletta niels noemie noor norma nuno nuria odile olaf ornella ortrud oskar otis ousmane ozlem paloma pam
  paola pascal pasquale patsy patty paulette paulo peggy percy philippe phoebe phyllis piero pieter pim preston quentin rafaela raffaele rainer
  ramona randall randy rebekah reggie reginald regis reiner remi renata renato rhonda riccardo ricky rik roberta rocio roderick rodney rodrigo
  roel ronnie rosalind rosanna rosario rosie roswitha rowan roxanne ruben rudiger ruediger rufus rui russell ruud sadie salvador salvatore
  sander sandrine sandro sanne saskia sebastien selin serena serkan shane shannon shaun shawn sherry sheryl sidney siegfried sigrid silvana
  simona sjoerd soledad solene sonke sonya spencer stacey stacy stanley stefania stefano stephane stewart stijn susana svenja sybille sylvain
  sylvie tabitha tammy tania tasha teddy terrence teun thea thelma theodor theodore thibault thijs thilo thierry tiago tommaso torben tracey
  travis trevor tricia trina troy tunde tyrone ulla umberto uta ute valerio vasco velma verna vicente vicki vicky viola virginie vitor vittoria
  vittorio volker waltraud wanda wayne wesley whitney wiebke wilbur wilfried willem wilma wim winfried winifred winston wolfram wouter yannick
  yolanda yves yvette zainab zeynep zoey agnieszka jacek jadwiga jakub jerzy kamil karol lukasz magda marek mariusz mateusz pawel slawomir
  stanislaw wojciech zbigniew aleksandr andrei anastasia dmitry ekaterina evgeny irina natalya olena oksana oleksandr sergey tetiana volodymyr
  yulia astrid birgitta freja gunnar ingvar karin lennart linnea magnus mikael oskar sigurd sofie solveig svend torbjorn ulf viggo`);

/** Whether a word is a common first name, with or without its accents. */
export function isFirstName(word: string): boolean {
  const lower = word.toLowerCase();
  return FIRST_NAMES.has(lower) || FIRST_NAMES.has(lower.normalize('NFD').replace(/\p{M}/gu, ''));
}

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
  pro plus mini max-pack ultra usb led black-friday christmas
  nochmal nochmals wieder erneut hier heute encore ici otra vez aquí hoy ancora nuovo qui oggi novo outra aqui hoje
  opnieuw weer nogmaals vandaag too also still auch aussi también anche também ook`);

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
  bear bird book booth bridge brook brush bull burns camp carpenter castle cole cotton cross day diamond drake fair farmer fine finch flood flower frost gates gift goldman good grove hammer hand hardy hawk head hood horn house ice iron judge kid kitchen knight lamb leaf light little lord low lucky man marble master meadow merry monk money mother nature night north nurse oak old park pepper piper pool pope potter power rain ranger reader rice ring river road root salt sand school sea seal shade shepherd ship silver singer sharp shore skinner south spring square stack stock story street table tall temple tower trade train tree true valley view wall war warren watch way weeks wells wheeler wild wind wing wright yes
  hahn herr herz holz kraft kraus land mai markt meister morgen morgens nacht ost pfennig post reich richter ritter sommer sonne sonntag stadt stern sturm süd tag teich thal voll wald weber weg weiß winter zimmer zug
  bon bonne beau belle blanc boulanger chat cour fort gros grand jour juste lac leroy lune marchand mer mont mur noir nuit petit pont reine roi rose rouge soleil vert ville vin
  alba alto bella bianco blanco bravo campo casa cruz flores guerra leon luna mar marino mayor mesa mora nieves paz pilar puente rey rico rios rojo romano rosa rossi ruiz santo sol toro torre vega verde vida
  bakker boer boom bos brand groot haan jong kok konings prins smit stad visser wit
  abend berg bauer blum fischer fuchs gross kaiser klein koch kurz lang neu richter schwarz stark stein vogel weiss wolff`);

/** Places that are first names or surnames as well: under a label ("name: Paris") they are taken for places. */
export const PLACES = words(`
  africa alabama alaska alexandria america amsterdam argentina arizona arkansas asia athens atlanta austin australia
  austria barcelona belgium berlin boston brazil brooklyn california canada carolina chad charlotte chelsea cheyenne
  chicago chile china colombia colorado cologne cordoba cuba dakota dallas delaware denver denmark dublin egypt england
  eugene europe finland florence florida france francisco geneva genoa georgia germany ghana greece hamburg hawaii
  holland houston hungary idaho illinois india indiana iran iraq ireland israel italy jackson jamaica japan jerusalem
  jordan kansas kentucky kenya kingston korea lebanon lima lincoln lisbon london louisiana madison madrid maine malta
  maryland mexico miami milan montana morocco munich naples nebraska nepal nevada nigeria norway ohio oklahoma oregon
  orlando oxford panama paris pennsylvania peru petra philadelphia phoenix poland portland portugal prague queensland
  rome russia sahara salem santiago savannah scotland seattle singapore spain stockholm sweden switzerland sydney syria
  tennessee texas tokyo toronto turkey ukraine utah valencia vancouver venice vermont verona victoria vienna vietnam
  virginia wales warsaw washington wisconsin wyoming york zurich`);

/** Brands and titles that read like names; the first word, or all of them. */
export const BRANDS: ReadonlySet<string> = new Set(
  `martens|dr martens|dr pepper|pepper|clean|mr clean|dr oetker|oetker|scholl|dr scholl|dr bronner|bronner|hauschka|mr muscle|muscle|
  mr proper|proper|mr coffee|potato|beckmann|jart|dr who|kitty|hello kitty|good morning america|mr bean|doc martens|adidas|puma|nike|
  reebok|amazon|google|apple|microsoft|samsung|sony|ikea|lego|walmart|target|netflix|spotify|uber|paypal|visa|mastercard|ebay|tesla|
  toyota|honda|ford|chevrolet|mercedes|bmw|audi|volkswagen|porsche|ferrari|fiat|renault|peugeot|citroen|siemens|bosch|philips|nestle|
  heinz|kellogg|kelloggs|hershey|lindt|ferrero|nutella|coca cola|coca|pepsi|starbucks|mcdonalds|burger king|wendys|zara|gucci|prada|
  chanel|dior|hermes|louis vuitton|vuitton|calvin klein|tommy hilfiger|hilfiger|ralph lauren|levis|levi strauss|hugo boss|under armour|
  jack wolfskin|jack daniels|johnnie walker|jim beam|captain morgan|uncle bens|aunt jemima|ben & jerrys|harley davidson|harley|
  rolls royce|aston martin|alfa romeo|land rover|dyson|kindle|alexa|siri|cortana|claude|gemini|jenkins|docker|jira|slack|stripe|
  shopify|salesforce|oracle|intel|nvidia|canon|nikon|fedex|dhl|hermes|ups|costco|aldi|lidl|tesco|h&m|john deere|yves rocher|
  max mara|michael kors|marks & spencer|ray ban|estee lauder|elizabeth arden|victorias secret|baskin robbins|trader joes|wells fargo|
  jp morgan|morgan stanley|goldman sachs|merrill lynch|charles schwab|ernst & young`
    .split('|')
    .map((name) => name.trim()),
);

/** What is called after people: a name before one of these is part of the thing's. */
export const THINGS = words(`
  academy airport algorithm arena avenue award awards bank bar bay beach bistro boulevard brewery bridge building cafe café
  castle cathedral center centre chapel church cinema clinic club code college collection company corporation county court
  day diner drive effect elementary estate festival foundation gallery garden gardens garage grill group hall harbor hill
  hills hospital hotel house inc inn institute island kitchen lake lane law library lounge mall market memorial method
  model motel mountain mountains museum office paradox park pharmacy pizza place plaza point prize process pub residence
  resort restaurant river road salon school script shop smith-award spa square stadium station store street studio studios
  suites syndrome test theater theatre theorem tower trail trust university valley village way winery
  straße strasse platz allee schule stiftung verlag universität klinik apotheke`);
