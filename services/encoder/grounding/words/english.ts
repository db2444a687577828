import type { CocoLabel } from "./coco-labels.js";

/**
 * Everyday words that are not COCO's own, by what they mean. Only what is a kind or another name of the label, and what people
 * would agree on in a picture: no part of it, nothing that is only near it. Plurals are understood without being here.
 */
export const englishAliases: Readonly<Partial<Record<CocoLabel, string>>> = {
  person: `
    human, human being, people, man, woman, boy, girl, child, kid, baby, toddler, infant, teenager, adult, guy,
    lady, gentleman, pedestrian, player, athlete, worker, driver, passenger, rider, cyclist, skier, snowboarder,
    surfer, skateboarder, runner, tourist, farmer, chef, waiter, waitress, policeman, policewoman, police
    officer, firefighter, soldier, nurse, doctor, student, teacher, bride, groom, somebody, someone, batter,
    pitcher, umpire, goalkeeper, tennis player, baseball player, football player`,
  bicycle: "bike, cycle, push bike, pushbike, mountain bike, road bike, racing bike, city bike, tandem",
  car: `
    auto, automobile, motorcar, motor car, sedan, saloon, hatchback, estate car, station wagon, coupe,
    convertible, cabriolet, suv, jeep, taxi, cab, police car, sports car, limousine, limo, minivan`,
  motorcycle: "motorbike, motor bike, motor cycle, moped, motor scooter, vespa",
  airplane: "aeroplane, plane, aircraft, jet, airliner, jumbo jet, fighter jet, biplane, propeller plane",
  bus: "double decker, double decker bus, school bus, omnibus, minibus, city bus",
  train: `
    railway train, tram, streetcar, trolley car, locomotive, steam train, subway train, freight train, railcar`,
  truck: `
    lorry, pickup, pickup truck, pick-up, semi truck, tractor trailer, dump truck, fire truck, fire engine,
    delivery van, tow truck, garbage truck`,
  boat: `
    ship, vessel, sailboat, sailing boat, sailing ship, yacht, canoe, kayak, rowboat, rowing boat, ferry,
    motorboat, speedboat, dinghy, gondola, fishing boat, barge`,
  "traffic light": "traffic signal, stoplight, stop light, traffic lamp",
  "fire hydrant": "hydrant, fireplug, fire plug",
  bench: "park bench, pew, garden bench",
  bird: `
    sparrow, pigeon, dove, seagull, gull, duck, goose, swan, chicken, hen, rooster, turkey, parrot, eagle, hawk,
    falcon, owl, crow, raven, robin, penguin, flamingo, pelican, heron, stork, ostrich, peacock, budgie,
    budgerigar, canary, finch, swallow, hummingbird, woodpecker, duckling, chick`,
  cat: "kitten, kitty, pussy cat, tomcat, house cat, tabby, tabby cat, siamese cat, persian cat",
  dog: `
    puppy, pup, doggy, doggie, hound, poodle, labrador, retriever, golden retriever, terrier, beagle, bulldog,
    german shepherd, sheepdog, collie, border collie, dachshund, chihuahua, husky, pug, spaniel, corgi,
    rottweiler, dalmatian, greyhound, boxer dog, great dane, mutt, pooch`,
  horse: "pony, foal, mare, stallion, colt, racehorse, race horse",
  sheep: "lamb, ram, ewe",
  cow: "bull, calf, ox, cattle, heifer, steer, dairy cow, bison, buffalo",
  elephant: "elephant calf, baby elephant",
  bear: "brown bear, polar bear, grizzly, grizzly bear, black bear, bear cub",
  backpack: "rucksack, knapsack, back pack, school bag, schoolbag",
  umbrella: "parasol, sunshade, brolly, beach umbrella",
  handbag: "purse, shoulder bag, hand bag, tote, tote bag, clutch bag",
  tie: "necktie, bow tie, bowtie",
  suitcase: "luggage, baggage, travel bag, trolley case, carry-on",
  frisbee: "flying disc, flying disk",
  skis: "ski, pair of skis",
  snowboard: "snow board",
  "sports ball": `
    ball, football, soccer ball, basketball, tennis ball, baseball, volleyball, rugby ball, beach ball, golf
    ball`,
  "baseball glove": "baseball mitt, catcher's mitt, catchers mitt",
  skateboard: "skate board, longboard",
  surfboard: "surf board, bodyboard",
  "tennis racket": "tennis racquet, racket, racquet",
  bottle: "wine bottle, beer bottle, water bottle, flask, plastic bottle, glass bottle",
  "wine glass": "goblet, wineglass, champagne glass, glass of wine",
  cup: "mug, coffee cup, teacup, tea cup, coffee mug, paper cup, tumbler, beaker",
  knife: "kitchen knife, table knife, bread knife, butter knife, chef's knife, pocket knife",
  spoon: "teaspoon, tablespoon, wooden spoon, ladle",
  bowl: "salad bowl, soup bowl, cereal bowl, mixing bowl, fruit bowl",
  banana: "bunch of bananas",
  apple: "green apple, red apple",
  sandwich: "burger, hamburger, cheeseburger, toastie, sub sandwich, panini, club sandwich",
  orange: "mandarin, tangerine, clementine, satsuma",
  "hot dog": "hotdog, frankfurter",
  pizza: "pizza slice, slice of pizza, pizza pie",
  donut: "doughnut",
  cake: `
    birthday cake, cupcake, cheesecake, wedding cake, gateau, piece of cake, slice of cake, layer cake`,
  chair: `
    armchair, arm chair, office chair, stool, folding chair, deck chair, rocking chair, high chair, dining chair`,
  couch: "sofa, settee, loveseat, divan, chesterfield, sofa bed",
  "potted plant": "plant, houseplant, house plant, pot plant, flowerpot, flower pot, plant pot",
  bed: "bunk bed, double bed, single bed, crib, cot",
  "dining table": "table, dinner table, kitchen table, dining room table",
  toilet: "loo, lavatory, toilet bowl, wc, toilet seat",
  tv: `
    television, television set, tv set, telly, flat screen, tv screen, monitor, computer monitor, computer
    screen, screen`,
  laptop: "notebook computer, laptop computer, macbook, portable computer",
  mouse: "computer mouse, wireless mouse",
  remote: "remote control, tv remote, game controller, wii remote, controller",
  keyboard: "computer keyboard",
  "cell phone": "phone, mobile phone, mobile, cellphone, smartphone, smart phone, iphone, cellular phone",
  microwave: "microwave oven",
  oven: "toaster oven, stove, cooker, range cooker, kitchen stove",
  sink: "washbasin, wash basin, basin, kitchen sink, bathroom sink, washbowl",
  refrigerator: "fridge, freezer, icebox",
  book: "novel, textbook, paperback, notebook, magazine, hardback, dictionary",
  clock: "wall clock, clock face, alarm clock, timepiece",
  vase: "flower vase, urn",
  scissors: "pair of scissors, shears",
  "teddy bear": "teddy, stuffed bear, stuffed animal, plush toy, soft toy, cuddly toy, plushie",
  "hair drier": "hair dryer, hairdryer, hairdrier, blow dryer",
  toothbrush: "tooth brush, electric toothbrush",
};

/** Words for several kinds at once, and the labels of these. */
export const englishGroups: Readonly<Record<string, string>> = {
  animal: "bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe",
  pet: "cat, dog, bird",
  livestock: "horse, sheep, cow",
  vehicle: "bicycle, car, motorcycle, airplane, bus, train, truck, boat",
  furniture: "bench, chair, couch, bed, dining table",
  fruit: "banana, apple, orange",
  vegetable: "broccoli, carrot",
  food: "banana, apple, sandwich, orange, broccoli, carrot, hot dog, pizza, donut, cake",
  cutlery: "fork, knife, spoon",
  silverware: "fork, knife, spoon",
  tableware: "bottle, wine glass, cup, fork, knife, spoon, bowl",
  bag: "backpack, handbag, suitcase",
  van: "car, truck, bus",
  glass: "wine glass, cup",
  appliance: "microwave, oven, toaster, refrigerator",
  electronics: "tv, laptop, mouse, remote, keyboard, cell phone",
  computer: "laptop, tv",
  toy: "teddy bear, kite, frisbee, sports ball",
};

/** Plurals that no rule makes. */
export const englishPlurals: Readonly<Record<string, string>> = {
  people: "person",
  children: "child",
  geese: "goose",
  mice: "mouse",
  calves: "calf",
  oxen: "ox",
};
