"""What a report says, in each language."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "What Mien read",
        "statistic": "A statistic of expressions, not a diagnosis.",
        "figures": "In figures",
        "period": "Period",
        "source": "Source: {name}",
        "somebody": "Somebody there",
        "watched": "Watched",
        "faces": "Faces",
        "read": "Read, all faces together",
        "most": "Read most",
        "negative": "Negative emotions",
        "changes": "Changes an hour",
        "profile": "Share of each emotion",
        "timeline": "Over the whole time",
        "hours": "By hour of the day",
        "days": "By day",
        "weeks": "By week",
        "months": "By parts of {days} days",
        "emotion": "Emotion",
        "time": "Time",
        "share": "Share",
        "all": "All",
        "from": "From",
        "hour": "Hour",
        "day": "Day",
        "how": "How it is counted",
        "how_log": (
            "Each line of the log counts until the next one of the same face, or as long as is "
            "usual there. A log does not say how long nobody was there."
        ),
        "how_history": (
            "A column stands where somebody was there; a tinted ground shows when the camera "
            "gave pictures."
        ),
        "how_all": (
            "The height of a column is the time with somebody there; its colours show how the "
            "readings of all faces divide. Negative are anger, disgust, fear and sadness, in the "
            "time that was not uncertain. A change is counted where one emotion takes another's "
            "place on a face, and given for an hour of reading one face. Faces are numbers of a "
            "session, never people: who comes back later is counted anew."
        ),
        "made": "Made {when} by Mien {version}.",
        "file": "{name} and another file",
        "files": "{name} and {count} further files",
        "history": "the history in {name}",
    },
    "fr": {
        "title": "Ce que Mien a lu",
        "statistic": "Une statistique d'expressions, pas un diagnostic.",
        "figures": "En chiffres",
        "period": "Période",
        "source": "Source\u00a0: {name}",
        "somebody": "Présence",
        "watched": "Observation",
        "faces": "Visages",
        "read": "Lecture, tous visages ensemble",
        "most": "La plus lue",
        "negative": "Émotions négatives",
        "changes": "Changements par heure",
        "profile": "Part de chaque émotion",
        "timeline": "Sur toute la période",
        "hours": "Par heure de la journée",
        "days": "Par jour",
        "weeks": "Par semaine",
        "months": "Par tranches de {days} jours",
        "emotion": "Émotion",
        "time": "Temps",
        "share": "Part",
        "all": "Toutes",
        "from": "À partir de",
        "hour": "Heure",
        "day": "Jour",
        "how": "Comment on compte",
        "how_log": (
            "Chaque ligne du journal compte jusqu'à la suivante du même visage, ou pour la durée "
            "habituelle. Un journal ne dit pas combien de temps personne n'était là."
        ),
        "how_history": (
            "Une colonne se dresse là où il y avait quelqu'un\u00a0; un fond teinté montre "
            "quand la caméra donnait des images."
        ),
        "how_all": (
            "La hauteur d'une colonne est le temps de présence\u00a0; ses couleurs montrent "
            "comment se partagent les lectures de tous les visages. Sont négatives la colère, "
            "le dégoût, la peur et la tristesse, sur le temps qui n'est pas incertain. Un "
            "changement est compté quand une émotion en remplace une autre sur un visage, et "
            "donné pour une heure de lecture d'un visage. Les visages sont des numéros d'une "
            "session, jamais des personnes\u00a0: qui revient plus tard est compté de nouveau."
        ),
        "made": "Établi le {when} par Mien {version}.",
        "file": "{name} et un autre fichier",
        "files": "{name} et {count} autres fichiers",
        "history": "l'historique dans {name}",
    },
}
