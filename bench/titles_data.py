"""Invents ROWS titles in the columns of netflix_titles.csv, seeded: titles_data.py ROWS FILE."""

import random
import sys

COUNTRIES = ["United States", "India", "United Kingdom", "Canada", "France", "Japan", "Spain", "South Korea", "Germany", "Mexico"]
GENRES = ["Dramas", "Comedies", "Documentaries", "Action & Adventure", "International Movies", "Thrillers", "Romantic Movies"]
SHOW_GENRES = ["TV Dramas", "TV Comedies", "Docuseries", "Crime TV Shows", "International TV Shows", "Kids' TV", "Reality TV"]
RATINGS = ["TV-MA", "TV-14", "TV-PG", "R", "PG-13", "TV-Y7", "TV-Y", "PG", "TV-G", "NR", "G"]
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
WORDS = "a young woman must find her way home after the war while an old friend from school hides what happened that night in the city".split()
NAMES = [f"{first} {last}" for first in ("Ann", "Bob", "Cy", "Di", "Ed", "Flo", "Gus", "Ida") for last in ("Adler", "Brown", "Costa", "Duarte", "Evans", "Fischer")]


def quoted(text):
    return f'"{text}"' if "," in text else text


def row(random, number):
    is_movie = random.random() < 0.7
    names = ", ".join(random.choices(NAMES, k=random.randrange(12)))
    fields = [
        f"s{number}",
        "Movie" if is_movie else "TV Show",
        f"Title {number}",
        random.choice(NAMES) if random.random() < 0.7 else "",
        names,
        ", ".join(random.sample(COUNTRIES, k=random.choice([0, 1, 1, 1, 1, 2, 3]))),
        f"{random.choice(MONTHS)} {random.randrange(1, 29)}, {random.randrange(2012, 2022)}",
        str(random.randrange(1960, 2022)),
        random.choice(RATINGS),
        f"{random.randrange(40, 200)} min" if is_movie else f"{random.choice(['1 Season', '2 Seasons', '5 Seasons'])}",
        ", ".join(random.sample(GENRES if is_movie else SHOW_GENRES, k=random.randrange(1, 4))),
        " ".join(random.choices(WORDS, k=25)) + ".",
    ]
    return ",".join(map(quoted, fields)) + "\n"


def main():
    rows, path = int(sys.argv[1]), sys.argv[2]
    seeded = random.Random(7)
    # Rows are drawn from some that were made; only number and title are each one's own.
    made = [row(seeded, 0).split(",", 3) for _ in range(20000)]
    with open(path, "w", encoding="utf-8") as file:
        file.write("show_id,type,title,director,cast,country,date_added,release_year,rating,duration,listed_in,description\n")
        for start in range(0, rows, 100000):
            picked = seeded.choices(made, k=min(100000, rows - start))
            file.writelines(f"s{start + i},{kind},Title {start + i},{rest}" for i, (_, kind, _, rest) in enumerate(picked))


if __name__ == "__main__":
    main()
