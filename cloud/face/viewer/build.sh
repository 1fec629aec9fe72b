#!/bin/sh
# Builds the player: build.sh NODE_MODULES OUT
set -eu
here=$(dirname "$0")
NODE_PATH=$1 "$1/.bin/esbuild" "$here/index.js" --bundle --minify --format=iife --global-name=affectboxFace \
  --loader:.css=text --target=es2022 --legal-comments=none --log-level=warning --outfile="$2"
