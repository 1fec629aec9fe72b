#!/bin/sh
# From simulated children and their raters to two bundles, and what a box says of a child from whom nothing was learnt:
# `make atypicality`. Every command is shown before it runs.
#
#   example.sh BIN DIR      BIN: where the commands are; DIR: is made anew
set -eu
bin=$(cd "$1" && pwd)
plan=$(cd "$(dirname "$0")" && pwd)/example.toml
rm -rf "$2" && mkdir -p "$2" && cd "$2"
export TF_CPP_MIN_LOG_LEVEL=3

tell() { printf '\n%s\n' "$*"; }
run() { printf '$ %s\n' "$*" >&2; "$bin/$@"; }

tell "60 children who never were move their faces, and five raters rate them. One is held out."
run affectbox-training atypicality simulate --plan "$plan" --out study
mkdir held-out
mv study/recordings/child-0060.jsonl held-out/
sed -i '/^child-0060,/d' study/participants.csv
sed -i '/^child-0060/d' study/ratings.csv

tell "What is wrong with the study?"
run affectbox-training atypicality check study

tell "How near does a network come to the raters, and what do they themselves agree on? (a minute)"
run affectbox-training atypicality evaluate study --no-published --out evaluation.json --page evaluation.html

tell "The networks of all, and their bundles, signed with a key of this site."
run affectbox-training atypicality train study --evaluation evaluation.json --out networks
run affectbox-converter keygen --out site.key
run affectbox-training atypicality export --run networks --population "simulated children of 'make atypicality'" \
	--bundles bundles --version 0.1.0 --key site.key
run affectbox-training atypicality export --run networks --task typical-movement \
	--population "simulated children of 'make atypicality'" --bundles bundles --version 0.1.0 --key site.key

tell "What a box says of the child who was held out, window by window."
run affectbox atypicality held-out/child-0060.jsonl --bundle atypicality-0.1.0 \
	--set 'models.folders=["bundles"]' --set 'models.keys="."' >said.jsonl
run affectbox atypicality held-out/child-0060.jsonl --bundle typical-movement-0.1.0 \
	--set 'models.folders=["bundles"]' --set 'models.keys="."' >>said.jsonl
head -n 2 said.jsonl | cut -c -300

tell "All of it is simulated: it shows that the road works, and says nothing of anybody. Look at, in $2/:"
cat <<END
  evaluation.html                           what was measured, and how surely (open it in a browser)
  study/truth.csv                           what was planted
  bundles/atypicality-0.1.0/MODEL_CARD.md   what the bundle says of itself
  said.jsonl                                what the box said of the child who was held out
END
