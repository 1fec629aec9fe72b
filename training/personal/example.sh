#!/bin/sh
# From two people who never were to a bundle of one of them, and what a box says of it: `make personal`. Every command
# is shown before it runs.
#
#   example.sh BIN DIR      BIN: where the commands are; DIR: is made anew
set -eu
bin=$(cd "$1" && pwd)
rm -rf "$2" && mkdir -p "$2" && cd "$2"
export TF_CPP_MIN_LOG_LEVEL=3

tell() { printf '\n%s\n' "$*"; }
run() { printf '$ %s\n' "$*" >&2; "$bin/$@"; }

tell "Two people who never were move their faces before a camera, each in ways of their own. (half a minute)"
run affectbox-training personal simulate --out study --set people=2 --set seconds=100

tell "Their faces as the box sees them, and what is wrong with them."
run affectbox-training faces --videos study/videos --fps 10 --out faces
run affectbox-training personal check --faces faces

tell "What moves each face is learnt from that person alone, without anybody coding anything. (a minute)"
run affectbox-training personal train --faces faces --recipe psm --set epochs=6 --set 'keep=[0, 1, 6]' --out psm

tell "How much of the action units does it hold, where it has not learnt?"
run affectbox-training personal evaluate psm --faces faces --truth study/truth --out evaluation

tell "The bundle of the first of them, signed with a key of this site, and bound to their pseudonym. Two minutes of a
face carry none: without --unsupported it is refused, and with it the bundle says so wherever it is used."
run affectbox-converter keygen --out site.key
run affectbox-training personal export --faces faces --run psm/person-001 --evaluation evaluation/evaluation.json \
	--bundles bundles --version 1.0.0 --key site.key --unsupported

tell "A box keeps it for this person, and watches a recording of theirs; for the other person it refuses it."
keeping="--set personal.folder=$PWD/box --set models.keys=$PWD"
run affectbox personal add bundles/*-1.0.0 $keeping
run affectbox personal watch study/videos/person-001/visit-02.mp4 --patient person-001 $keeping >said.jsonl
tail -n 1 said.jsonl
run affectbox personal watch study/videos/person-002/visit-02.mp4 --patient person-002 --bundle bundles/*-1.0.0 $keeping ||
	true

tell "All of it is simulated: it shows that the road works, and says nothing of anybody. Look at, in $2/:"
cat <<END
  evaluation/                     what was measured, and a page for each person (open them in a browser)
  psm/person-001/faces.png        a face, its neutral face, and that of another moment in its place
  study/truth/, study/people.json what was planted
  said.jsonl                      what the box said of each frame, and of the whole
END
