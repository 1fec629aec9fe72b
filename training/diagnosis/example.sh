#!/bin/sh
# From a simulated cohort to a bundle, what it says of two people whom it has not learnt from, digital targets, and the
# teaching map: `make cohort`. Every command is shown before it runs.
#
#   example.sh BIN DIR      BIN: where the commands are; DIR: is made anew
set -eu
bin=$(cd "$1" && pwd)
plan=$(cd "$(dirname "$0")" && pwd)/example.toml
rm -rf "$2" && mkdir -p "$2" && cd "$2"
export TF_CPP_MIN_LOG_LEVEL=3

tell() { printf '\n%s\n' "$*"; }
run() { printf '$ %s\n' "$*" >&2; "$bin/$@"; }

tell "84 people who never were are recorded, and two of them are held out: they stand in no table from here on."
run affectbox-training cohort simulate --plan "$plan" --seed 1 --out study
mkdir held-out
for person in sim-0042 sim-0084; do
	mv "study/recordings/$person-1.jsonl" held-out/
	sed -i "/^$person,/d" study/participants.csv
done

tell "What is wrong with the study? (half a minute)"
run affectbox-training cohort check study

tell "Features, by the function that the box uses."
run affectbox-training cohort features study --out features.npz

tell "Can the groups be told apart? Folds of participants, 1000 permutations of their groups. (a minute or two)"
run affectbox-training diagnosis evaluate features.npz --repeats 2 --out evaluation.json >evaluation.txt
cat evaluation.txt

tell "One split 7:2, as papers have it: no evidence, and no bundle is made of it."
run affectbox-training diagnosis evaluate features.npz --split 7:2 --out one-split.json | grep "Other splits" -A 1
run affectbox-training diagnosis train features.npz --evaluation one-split.json --out one-split
run affectbox-training diagnosis export --run one-split --population "simulated people" --bundles bundles \
	--version 0.0.1 2>&1 && { echo "A single split was exported."; exit 1; } || echo "(exit code $?)"

tell "The network of all, and its bundle, signed with a key of this site."
run affectbox-training diagnosis train features.npz --evaluation evaluation.json --out network
run affectbox-converter keygen --out site.key
run affectbox-training diagnosis export --run network --population "simulated people of 'make cohort'" \
	--bundles bundles --version 0.1.0 --key site.key

tell "What a box says of the two who were held out, at the end of their sessions: a set, and often no answer."
for recording in held-out/*.jsonl; do
	run affectbox diagnosis "$recording" --bundle support-0.1.0 --set 'models.folders=["bundles"]' \
		--set 'models.keys="."' >>said.jsonl
done

tell "Digital targets: which action units and points of the face differ, and the map for people who teach."
run affectbox-training targets compare --features features.npz --groups control case --out targets
run affectbox-training targets map targets

tell "All of it is simulated: it shows that the road works, and says nothing of anybody. Look at, in $2/:"
cat <<END
  targets/map.html                     the teaching map (open it in a browser)
  targets/units.csv, points-68.csv     the ranked targets
  targets/ranking-*.png, heat-*.png    the same on the face, for each phase
  evaluation.txt                       what was measured, and how surely
  bundles/support-0.1.0/MODEL_CARD.md  what the bundle says of itself
  said.jsonl                           what the box said of the two who were held out
END
