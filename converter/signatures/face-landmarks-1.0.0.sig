{"key": "a4c5448e9c673723", "signature": "OWitr20LIDv1AW80dgXvZEhb9+zMydxx5SHOnS1bIkOGW+UqlsEXFMaURJTgpIt0J+R6j+CMP+RjcjdTaSSxDw=="}
