"""Given names: a word that is one is sooner a person than a word that is none.

The names that most people of the United States bear (Census Bureau, 1990, in the
public domain), with common ones of other countries, and `data/given.txt`: the given
names that Faker (MIT) holds for seventy locales, without common words and cities. No list of names is whole,
so that a name here only adds evidence, and none is ever needed to be found.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

__all__ = ["COMMON", "GIVEN", "NEVER", "WORDS_TOO"]

# Words of a closed class, greetings, days, titles, posts, storms: no name, however a finder takes them.
NEVER: Final = frozenset(
    """
    a an the this that these those its it's i'm im he she it we they you i me him her us them my your his
    our their mine yours ours theirs who whom whose which what where when why how and or but nor so if
    then than because while of to in on at by for from with about into onto over under after before
    between through during without within is are was were be been being am isn't aren't wasn't do does
    did don't doesn't didn't has have had can can't could would should shall might must not no yes yeah
    yep nope ok okay here there now today tomorrow yesterday tonight hi hello hey thanks thank thx cheers
    dear sincerely regards please sorry welcome bye goodbye congrats lol lmao omg wow yay haha hahaha mom
    dad mum mummy mommy daddy guy guys dude bro sir madam everyone someone anyone nobody monday tuesday
    wednesday thursday friday saturday sunday january february march july september october november
    december mr mrs ms dr prof coucou bonjour bonsoir salut hola ciao hallo hej hejsa moin servus cześć
    olá liebe lieber chère cher querido querida estimado estimada kære kära prezado prezada szanowny
    szanowna drogi droga beste geachte ahoj danke merci gracias grazie bedankt obrigado obrigada
    cordialement saludos caller agent todo note email phone fax tel re fwd subject attached user admin
    password username
    doctor drs professor aunt auntie uncle frau herr herrn monsieur madame pani panie panem
    associate analyst manager director assistant coordinator engineer hurricane typhoon
    """.split()  # noqa: SIM905 - a list a word a line is unreadable
)
# Common words as well: names only where something else says so.
WORDS_TOO: Final = frozenset(
    """
    amber angel april art autumn baker bill black bob brook brown candy carol carter chase christian clay
    cliff cooper crystal daisy dale dawn dean dick don drew faith fisher frank gene ginger glen grace grant
    gray green guy hazel heather holly hope hunter iris ivy jack jade jay jean jordan joy june junior king
    lance lane lee liberty lily love major mark mason max may melody miles misty noble norm olive opal page
    parker pat pearl penny pierce poppy porter prince princess randy raven ray reed rich river rob robin
    roman rose royal ruby rusty sage sandy scout shelly skip sky spring star sterling stone sue summer
    tanner taylor tyler violet virginia wade walker ward white will wolf wren young
    """.split()  # noqa: SIM905 - a list a word a line is unreadable
)
COMMON: Final = frozenset(
    """
    aaliyah aaron abdul abdullah abigail abraham ada adam addie adrian adriana adrienne agnes agnieszka
    ahmad ahmed aiden aimee aisha akira alan albert alberta alberto alejandra alejandro aleksander
    aleksandra alessandro alex alexander alexandra alexei alexis alfonso alfred alfredo ali alice alicia
    alicja alisha alison alistair aliya allan allen allison alma alton alvaro alvin alyssa amanda ambra
    amelia amelie amina amir amit amy ana anastasia anders andre andrea andreas andrei andres andrew andrzej
    andy angela angelica angelina angelo angie anika anil anita anja anjali ann anna anne anneke annette
    annie annika anthony antoine antoinette antonella antonia antonio antti anya aoife archie arjun arlene
    armando arnaud arnold aroha arthur arturo asha ashley ashok astrid audrey aurelie austin ava ayesha ayse
    barbara barry bartosz beata beatrice beatriz becky belinda ben benedikt benjamin bennie benny benoit
    bernadette bernard bernice bertha bessie beth bethany betsy betty beulah beverly bianca bilal billie
    billy birgit bjorn blake blanca blanche bobbie bobby bogdan bonita bonnie boris brad bradley brandi
    brandon brandy brenda brent brett brian brianna bridget brittany brooke bruce bruna bryan bryant byron
    callum calvin cameron camille candace candice carl carla carlos carlton carmen carole caroline carolyn
    carrie carroll casey cassandra catalina catherine cathy cecelia cecil cecile cecilia cedric celia cem
    cesar chad charlene charles charlie charlotte chelsea cheri cheryl chester chiara chidi chinedu chloe
    chris christie christina christine christopher christy ciaran cillian cindy claire clara clarence clark
    claude claudia clayton clemens clifford clifton clinton clyde cody colin colleen connie connor conor
    constance cora corey cory courtney craig cristina curtis cynthia dagmar damian damon dan dana daniel
    daniela danielle danny danuta dariusz darla darlene darnell darrell darren darryl daryl dave david
    deandre deanna debbie deborah debra deepak deepika delbert delia della delores deloris denis denise
    dennis derek derrick desiree destiny devin diana diane dianna dianne diego dieter dimitri dixie dmitri
    dolores dominic dominik donald donna donnie dora doreen doris dorota dorothy doug douglas duane duc
    dustin dwayne dwight earl earnest ebony ed eddie edgar edith edmund edna eduardo edward edwin eero
    eileen ekaterina elaine eleanor elena elif elijah elisa eliska elizabeth ella ellen ellie elmer eloise
    elsa elsie elvira emeka emil emilia emilie emily emine emma emre enrique eoin eric erica erik erika erin
    erma ernest ernestine ernesto esra essie esteban estelle esther ethan ethel eugene eula eunice eva evan
    evelyn everett ewa ewan fabio fannie farid fatima fatma faye federico felicia felipe felix fernanda
    fernando fiona flora florence florian floyd forrest frances francesca francesco francine francis
    francisco francois franklin fred freda freddie frederick frederik fredrick freya friedrich gabe gabriel
    gabriela gabriele gail gareth garrett garry gary gavin gayle gemma geneva genevieve geoffrey george
    georgi georgia gerald geraldine gerard gerardo gerhard gertrude gilbert gina giorgia giovanni giulia
    giuseppe gladys glenda glenn gloria gordon greg gregg gregory gretchen grzegorz guadalupe guillaume
    guillermo gunther gustavo gwen gwendolyn hamish hana hank hannah hans harold harper harriet harry haruto
    harvey hassan hattie hector heidi heike heinrich helen helena helga helmut henrietta henrik henry
    herbert herman hilda hiroshi homer horace howard hubert hugh hugo huseyin hussein ian ibrahim ida
    ignacio igor ilse imogen imran ines inez ingrid ira irene irina irma irving isaac isabel isabelle isla
    isobel israel ivan ivana izzy jacek jackie jacob jacqueline jacquelyn jacques jaime jake jakub jamal
    james jamie jan jana jane janet janice janie janis jared jasmine jason javier jayden jeanette jeanne
    jeannette jeannie jeff jeffery jeffrey jen jenna jennie jennifer jenny jens jeremiah jeremy jermaine
    jerome jerry jesper jess jesse jessica jessie jesus jill jim jimmie jimmy jiri jo joan joana joann
    joanna joanne joao jodi jody joe joel joey johan johann johanna johannes john johnathan johnnie johnny
    jon jonas jonathan jonathon jorge jose josef josefina joseph josephine joshua josie joyce juan juana
    juanita judith judy juhani julia julian julie julien julio julius jurgen justin kai kamal kamila kara
    karel karen kari karim karin karina karl karla karthik kasia katarina katarzyna kate katherine kathleen
    kathryn kathy katie katja katrina kavita kay kayla kaylee keiko keisha keith kelley kelli kellie kelly
    kelvin ken kendra kenji kenneth kenny kent kerry kev kevin khadija khalid kim kimberly kirk kirsten kofi
    krishna krista kristen kristi kristie kristin kristina kristine kristopher kristy krystal krystyna
    krzysztof kurt kwame kyle laila lakisha lana larry lars laszlo latasha latoya laura lauren laurie
    laverne lawrence leah leigh leila lela leland lena leo leon leona leonard leonardo leroy leslie lester
    leticia levi lewis liam lila lillian lillie lina linda lindsay lindsey ling linh lionel lisa liz lizzie
    lloyd lois lola lonnie lora loren lorena lorene lorenzo loretta lori lorraine lou louis louise lowell
    lubna luca lucas lucia lucille lucy luis luisa lukas lukasz luke lula luther luz lydia lyle lynda
    lynette lynn lynne mabel mable maciej mack mackenzie madeline madison mae magdalena maggie magnus
    mahmoud malcolm malik mamie mandy manuel marc marcel marcella marcia marco marcos marcus marek margaret
    margarita margie margit marguerite maria mariam marian mariana marianne marie marilyn marina mario
    marion marisol marjorie marla marlene marsha marshall marta martha martin martina marvin mary maryann
    massimo mateo mateusz mathew matt matteo matthew matthias mattie maureen maurice maxine mckenzie meera
    megan meghan mehmet mei mel melanie melba melinda melissa melvin mercedes meredith mia michael michal
    micheal michele michelle mick mickey miguel mikael mike mikhail mikko mila milan mildred milena milos
    milton mindy minh minnie mira miranda miriam miroslav mitchell mohamed mohammad mohammed molly mona
    monica monika monique morris muhammad murat muriel mustafa myra myrna myron myrtle nadia nadine nancy
    naoko naomi nasser natalia natalie natasha nate nathan nathaniel neal ned neha neil nellie nelson nettie
    ngozi nguyen niamh nicholas nichole nick nicolas nicole niels nigel nikhil nikki nikolai nils nina noah
    noel noor nora norma norman noura oleg olga oliver olivia ollie olumide omar ora orlando oscar osman
    otis owen pablo pam pamela paola paolo patrice patricia patricio patrick patrik patsy patti patty paul
    paula paulette pauline pavel pawel pedro peggy perry pete peter petra phil philip philippe phillip
    phyllis pierre pilar piotr pippa pooja prakash pranav preeti preston priscilla priya priyanka rachael
    rachel rachid rafael rahul raj rajesh rajiv ralph ramesh ramon ramona randall randolph rania raquel
    rashid raul ravi raymond rebecca regina reginald rena renata rene renee rex reza rhonda rhys ricardo
    richard rick rickey ricky rina rita robert roberta roberto robyn rochelle roderick rodney rodolfo roger
    rohan roland ron ronald ronda ronnie roosevelt rory rosa rosalie rosemarie rosemary rosie ross roxanne
    roy ruben rudolph rudy rufus russell ruth ryan sabine sabrina sachiko sadie saeed said sakura salim
    sally salvador salvatore sam samantha sami samir sammy samuel sandeep sandra sanjay saoirse sara sarah
    satoshi scott sean seb sebastian selma sergei sergio seth shane shaniqua shannon shari sharon shaun
    shawn shawna sheila shelby shelia shelley sheri sherman sherri sherrie sherry sheryl shirley shreya
    siddharth sidney silvia simon simona siobhan sofia sonia sonja sonya sophia sophie soren spencer stacey
    stacie stacy stanislav stanley stefan stefano stella steph stephane stephanie stephen steve steven stu
    stuart sunil suresh susan susanne susie suzanne suzie sven svetlana swati sylvester sylvia tabitha
    takashi tamara tami tammie tammy tamsin tanisha tanya tara tariq tasha tatiana ted teresa teri terrance
    terrence terri terry thabo thelma theodore theresa thiago thijs thomas tiffany tim timothy tina toby
    todd tom tomas tomasz tommy toni tony tonya torsten tracey traci tracy travis trevor tricia trish troy
    tuan tyrone ulrich ulrike ursula usha uwe val valerie vanessa velma vera verna vernon veronica vicki
    vickie vicky victor victoria vijay vikram viktor vince vincent viola virgil vivek vivian vladimir
    wallace walter wanda wanjiru warren wayne wei wendell wendy werner wesley whitney wilbert wilbur wilhelm
    willard william willie willis wilma wilson winifred wm wojciech wolfgang woodrow wyatt xavier xiaoming
    xin yan yannick yasmin yasmine yolanda yuki yusuf yvette yvonne zac zach zachary zack zahra zainab
    zbigniew zoe zofia zoltan
    """.split()  # noqa: SIM905 - a list a word a line is unreadable
)
_LISTED: Final = files("guardrail.detect") / "data" / "given.txt"
GIVEN: Final = COMMON | frozenset(_LISTED.read_text("utf-8").split())
