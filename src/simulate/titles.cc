#include "simulate/titles.h"

#include <array>
#include <initializer_list>

#include "base/text.h"

namespace marquee {
namespace {

constexpr std::array<std::string_view, 18> kGenres = {
    "Action",      "Adventure", "Animation", "Children",  "Comedy", "Crime",
    "Documentary", "Drama",     "Fantasy",   "Film-Noir", "Horror", "Musical",
    "Mystery",     "Romance",   "Sci-Fi",    "Thriller",  "War",    "Western"};

using Words = std::initializer_list<std::string_view>;

// What a film of each genre is about.
const Words kThings[] = {
    {"Vendetta", "Convoy", "Hurricane", "Gauntlet", "Dynamo", "Ambush", "Detonator", "Firebrand",
     "Overdrive", "Juggernaut", "Strike", "Bulldozer"},
    {"Expedition", "Compass", "Archipelago", "Caravan", "Treasure", "Voyage", "Summit",
     "Cartographer", "Lagoon", "Monsoon", "Galleon", "Horizon"},
    {"Teapot", "Hedgehog", "Balloon", "Tin Fox", "Pencil", "Clockwork Hen", "Paper Boat",
     "Snowdrop", "Acrobat", "Firefly", "Umbrella", "Marionette"},
    {"Treehouse", "Puppy", "Kite", "Sandcastle", "Pony", "Lemonade Stand", "Playground",
     "Lost Mitten", "Birthday", "Duckling", "Bicycle", "Secret Den"},
    {"Honeymoon", "Mother-in-Law", "Wedding Cake", "Plumber", "Parrot", "Landlord", "Neighbour",
     "Misunderstanding", "Vacation", "Dinner Party", "Toupee", "Accordion"},
    {"Heist", "Alibi", "Safecracker", "Informant", "Counterfeit", "Racket", "Accomplice", "Getaway",
     "Ledger", "Bookmaker", "Witness", "Pickpocket"},
    {"Glacier", "Beekeeper", "Assembly Line", "Archive", "Harvest", "Tide", "Orchestra",
     "Blueprint", "Marathon", "Migration", "Lighthouse", "Census"},
    {"Inheritance", "Orchard", "Letter", "Winter", "Confession", "Daughter", "Promise", "Harbour",
     "Silence", "Widow", "Homecoming", "Schoolteacher"},
    {"Dragon", "Spellbook", "Moonstone", "Griffin", "Enchantress", "Labyrinth", "Crown",
     "Changeling", "Rune", "Oracle", "Silver Stag", "Wishing Well"},
    {"Cigarette", "Alley", "Nightclub", "Fedora", "Double-Cross", "Shadow", "Streetlight",
     "Blackmail", "Hotel Room", "Pawnshop", "Last Train", "Rain"},
    {"Cellar", "Coven", "Scarecrow", "Crypt", "Possession", "Revenant", "Wolf", "Séance", "Attic",
     "Scream", "Leech", "Gravedigger"},
    {"Serenade", "Chorus Line", "Tap Shoes", "Overture", "Cabaret", "Encore", "Songbird", "Waltz",
     "Melody", "Footlights", "Trumpet", "Ragtime"},
    {"Locket", "Cipher", "Disappearance", "Inspector", "Manuscript", "Portrait", "Greenhouse",
     "Riddle", "Thirteenth Guest", "Pocket Watch", "Footprint", "Keyhole"},
    {"Kiss", "Sweetheart", "Rendezvous", "Valentine", "Love Letter", "Gondola", "Summer", "Bouquet",
     "Proposal", "Ballroom", "Heartbreak", "Moonlight"},
    {"Android", "Wormhole", "Satellite", "Colony", "Nebula", "Paradox", "Replica", "Starship",
     "Singularity", "Orbit", "Martian", "Time Machine"},
    {"Hostage", "Countdown", "Surveillance", "Stranger", "Trap", "Sleeper", "Deadline",
     "Conspiracy", "Fugitive", "Passenger", "Blackout", "Interrogation"},
    {"Battalion", "Trench", "Bugle", "Armistice", "Regiment", "Minefield", "Siege", "Frontline",
     "Submarine", "Medal", "Paratrooper", "Ration"},
    {"Saddle", "Stagecoach", "Sheriff", "Outlaw", "Homestead", "Canyon", "Revolver", "Cattle Drive",
     "Saloon", "Prospector", "Mustang", "Tumbleweed"}};

const Words kManners = {
    "Velvet",      "Crimson",  "Forgotten", "Silent",     "Golden",    "Crooked",    "Restless",
    "Borrowed",    "Hollow",   "Electric",  "Midnight",   "Broken",    "Emerald",    "Wandering",
    "Distant",     "Paper",    "Burning",   "Invisible",  "Reluctant", "Frozen",     "Scarlet",
    "Secret",      "Wicked",   "Gentle",    "Perfect",    "Stolen",    "Unlikely",   "Lonely",
    "Magnificent", "Bitter",   "Curious",   "Last",       "Second",    "Tangled",    "Endless",
    "Savage",      "Amber",    "Homemade",  "Accidental", "Marble",    "Whispering", "Impossible",
    "Wooden",      "Northern", "Painted",   "Sleepless",  "Sunken",    "Honest"};

const Words kPlaces = {"Marrakesh",
                       "Willow Creek",
                       "Lisbon",
                       "Saturn",
                       "Dunmore",
                       "the Dead Sea",
                       "Oslo",
                       "Port Royal",
                       "Maple Street",
                       "Kyoto",
                       "Valparaíso",
                       "the Old Mill",
                       "Trieste",
                       "Blackpool",
                       "Tangier",
                       "Odessa",
                       "Cedar Falls",
                       "the Moon",
                       "Zanzibar",
                       "Montréal",
                       "Elm Hollow",
                       "Casablanca Bay",
                       "Reykjavík",
                       "the Border",
                       "Salzburg",
                       "Cape Sorrow",
                       "Nowhere",
                       "São Tomé",
                       "Thornfield",
                       "Harlem",
                       "the Seventh Floor",
                       "Bruges",
                       "Mercy County",
                       "Łódź",
                       "Samarkand",
                       "Cold River"};

const Words kFirstNames = {"Ruby",       "Ezra",   "Ingrid",   "Otis",    "Renée",   "Magnus",
                           "Clementine", "Silas",  "Noor",     "Felix",   "Beatrix", "Jun",
                           "Matilda",    "Casper", "Amara",    "Leopold", "Zofia",   "Desmond",
                           "Pearl",      "Tomás",  "Winifred", "Kofi",    "Esther",  "Lars",
                           "Delphine",   "Hugo",   "Yuki",     "Barnaby"};

const Words kLastNames = {"Malone",   "Abernathy", "Castellano", "Winterbourne", "O'Dell",
                          "Okafor",   "Lindqvist", "Marchetti",  "Fontaine",     "Hargreaves",
                          "Novák",    "Thistle",   "Delacroix",  "Yamamoto",     "Pemberton",
                          "Kowalski", "Quill",     "Sandoval",   "Ashdown",      "Brightwater",
                          "Ferreira", "Grimshaw",  "Moreau",     "Vane"};

const Words kNicknames = {"Thunder",  "Lucky", "The Hat",  "Sparrow",
                          "Two-Time", "Doc",   "Dynamite", "Duke"};

const Words kHappenings = {"Chasing",     "Forgetting",  "Waiting for", "Saving",
                           "Dreaming of", "Burying",     "Finding",     "Escaping",
                           "Painting",    "Remembering", "Selling",     "Inventing"};

const Words kDays = {"Monday",       "Thursday", "Midsummer", "Christmas",      "New Year",
                     "Harvest Time", "Sunrise",  "Dusk",      "Half Past Nine", "the First Snow"};

std::string_view Pick(const Words& words, Rng& rng) {
  return words.begin()[rng.Below(words.size())];
}

std::string WithArticle(std::string_view phrase) {
  const bool vowel = std::string_view("AEIOU").find(phrase.front()) != std::string_view::npos;
  return StrCat(vowel ? "An " : "A ", phrase);
}

// All words are drawn before one pattern uses some: the same draws whatever the compiler's order of
// evaluation.
std::string Phrase(size_t genre, Rng& rng) {
  const std::string_view thing = Pick(kThings[genre], rng);
  const std::string_view other_thing = Pick(kThings[genre], rng);
  const std::string_view manner = Pick(kManners, rng);
  const std::string_view place = Pick(kPlaces, rng);
  const std::string_view first = Pick(kFirstNames, rng);
  const std::string_view last = Pick(kLastNames, rng);
  const std::string_view nickname = Pick(kNicknames, rng);
  const std::string_view happening = Pick(kHappenings, rng);
  const std::string_view day = Pick(kDays, rng);
  switch (rng.Below(16)) {
    case 0:
    case 1:
    case 2:
      return StrCat("The ", manner, " ", thing);
    case 3:
    case 4:
      return StrCat(manner, " ", thing);
    case 5:
      return StrCat("The ", thing, " of ", place);
    case 6:
      return WithArticle(StrCat(thing, " in ", place));
    case 7:
      return StrCat(first, " and the ", manner, " ", thing);
    case 8:
      return StrCat(first, " ", last);
    case 9:
      return StrCat(first, " \"", nickname, "\" ", last);
    case 10:
      return StrCat(happening, " the ", thing);
    case 11:
      return StrCat("The ", thing, " Before ", day);
    case 12:
      return StrCat(thing, " Until ", day);
    case 13:
      return StrCat(first, "'s ", thing);
    case 14:
      return WithArticle(StrCat(manner, " ", thing));
    default:
      return thing == other_thing ? StrCat("One More ", thing)
                                  : StrCat("The ", thing, " and the ", other_thing);
  }
}

std::string Roman(int number) {
  constexpr std::pair<int, std::string_view> kSteps[] = {{100, "C"}, {90, "XC"}, {50, "L"},
                                                         {40, "XL"}, {10, "X"},  {9, "IX"},
                                                         {5, "V"},   {4, "IV"},  {1, "I"}};
  std::string text;
  for (const auto& [value, letters] : kSteps) {
    for (; number >= value; number -= value) text += letters;
  }
  return text;
}

}  // namespace

std::span<const std::string_view> GenreNames() { return kGenres; }

std::string TitleMaker::Make(size_t genre, Rng& rng) {
  std::string title;
  for (int attempt = 0; attempt < 4; ++attempt) {
    title = Phrase(genre, rng);
    if (taken_.insert(title).second) return title;
  }
  int& count = sequels_.try_emplace(title, 1).first->second;
  std::string sequel = StrCat(title, " ", Roman(++count));
  taken_.insert(sequel);
  return sequel;
}

std::string CatalogTitle(std::string_view title, int year) {
  for (const std::string_view article : {"The ", "A ", "An "}) {
    if (title.starts_with(article))
      return StrCat(title.substr(article.size()), ", ", article.substr(0, article.size() - 1), " (",
                    year, ")");
  }
  return StrCat(title, " (", year, ")");
}

}  // namespace marquee
