# `make` alone lists the targets.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup run show demo models test chaos mutation picamera2 oldest-runtime onnx2tf signatures lint types bench bench-reading bench-features bench-report bench-watch bench-daemon bench-session rules rules-evaluator auth-emulator wheel pi-check release install-pi pi-install-test report-pictures docs lock clean

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

.venv/run.stamp: pyproject.toml requirements/device.txt
	@echo "Installing what the box and its local database need into .venv: 790 MB, about a minute with a good network."
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes -r requirements/device.txt
	$(BIN)/pip install --quiet --editable '.[device,cloud,dashboard,demo]'
	@touch $@

.venv/test.stamp: .venv/run.stamp
	@echo "Installing TensorFlow and what the tests need into .venv: 2 GB more, some minutes."
	$(BIN)/pip install --quiet --editable '.[device,cloud,dashboard,demo,admin,converter,training,dev]'
	@touch $@

build/sample.mp4: $(wildcard training/sample_clip/*.py) .venv/run.stamp | models
	@mkdir -p build
	$(BIN)/affectbox-training clip --out $@

setup: .venv/run.stamp ## make the virtual environment with what the box and its local database need (about a minute)

models: .venv/run.stamp ## fetch the third-party models into the cache (11 MB, some seconds)
	@$(BIN)/affectbox-converter fetch

run: build/sample.mp4 ## set everything up and watch the sample clip, with a database on this machine (two minutes at first, then half a minute)
	@rm -rf run && mkdir -p run
	@$(BIN)/affectbox-cloud local --port 0 --data run/database -- sh -ec '\
		$(BIN)/affectbox run --source build/sample.mp4 --set device.id=demo --set outbox.path=run/outbox.db \
			--sink jsonl:run/records.jsonl --sink "rtdb:$$AFFECTBOX_DATABASE_URL?ns=demo"; \
		echo; \
		$(BIN)/affectbox-cloud report run/records.jsonl --picture run/timing.png --out run/report \
			--database "$$AFFECTBOX_DATABASE_URL?ns=demo"'
	@echo "Written      run/report.html (open it in a browser), run/records.jsonl, run/database/, run/outbox.db, run/timing.png; the clip is build/sample.mp4"
	@echo "Dashboard    \`make show\` opens this session in it; \`make demo\` opens weeks of simulated ones, and a fleet"

show: .venv/run.stamp rules-evaluator ## open the session of `make run` in the dashboard, until Ctrl-C (wants node)
	@$(BIN)/affectbox-cloud demo --recorded run/database

demo: build/sample.mp4 rules-evaluator ## open the dashboard with simulated patients, sessions and a hundred boxes, until Ctrl-C (wants node)
	@$(BIN)/affectbox-cloud demo --data run/demo --clip build/sample.mp4

test: .venv/test.stamp oldest-runtime rules-evaluator ## run the suite (about 10 minutes; installs tensorflow for the training side, 2 GB, at first); see also learning-test, files-test, pages-test
	@AFFECTBOX_CACHE=build/cache $(BIN)/affectbox-converter fetch
	@echo "The suite takes about 10 minutes on two cores."
	$(BIN)/python -m pytest -n 2 --dist loadfile

chaos: .venv/test.stamp ## run the long fault runs: kills, power cuts, bad networks, an hour of memory (a quarter of an hour; as root for power cuts)
	@AFFECTBOX_CACHE=build/cache $(BIN)/affectbox-converter fetch
	@echo "The long runs take about a quarter of an hour."
	$(BIN)/python -m pytest -m chaos

mutation: .venv/test.stamp oldest-runtime rules-evaluator ## put deliberate faults into a copy of the code, one by one: the tests must notice (ten minutes)
	@AFFECTBOX_CACHE=build/cache $(BIN)/affectbox-converter fetch
	$(BIN)/python tests/mutation/run.py

.PHONY: pi-vm
pi-vm: .venv/test.stamp ## open real devices in an emulated machine (two to four minutes; wants qemu-system-x86 and busybox-static)
	$(BIN)/python -m pytest -m chaos tests/vm

picamera2: .venv/test.stamp ## run the camera over Picamera2 itself, with a stand-in for libcamera only (half a minute)
	$(BIN)/pip download --quiet --no-deps picamera2==0.3.38 -d build/picamera2
	$(BIN)/python -m pytest tests/device/test_picamera.py tests/device/test_picamera2_itself.py

oldest-runtime: build/oldest-runtime.stamp ## make the environment in which tests run converted models in tflite-runtime 2.14 (Python 3.11)

build/oldest-runtime.stamp:
	@mkdir -p build
	@if $(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))'; then \
		$(PYTHON) -m venv build/oldest-runtime && \
		build/oldest-runtime/bin/pip install --quiet tflite-runtime==2.14.0 numpy==1.26.4; \
	else echo "tflite-runtime 2.14 needs Python 3.11: its tests are skipped"; fi
	@touch $@

.PHONY: readers-test
readers-test: build/readers.stamp .venv/test.stamp ## open exports with py-feat's and exploface's own loaders (6 GB, some minutes; Python 3.11; wants ffmpeg's libraries)
	$(BIN)/python -m pytest -m files tests/readers

build/readers.stamp:
	@mkdir -p build
	$(PYTHON) -m venv build/readers
	build/readers/bin/pip install --quiet torch==2.12.1 torchvision==0.27.1 torchcodec==0.12.0 py-feat==2.1.5 exploface==0.0.0.dev6
	@touch $@

onnx2tf: build/onnx2tf.stamp ## make the environment that converts ONNX files (2.6 GB, some minutes; Python 3.10 or 3.11)

build/onnx2tf.stamp:
	@mkdir -p build
	$(PYTHON) -m venv build/onnx2tf
	build/onnx2tf/bin/pip install --quiet onnx2tf==1.29.24
	@touch $@

signatures: .venv/test.stamp ## for maintainers: renew the signatures of fetched models with the private KEY=FILE
	$(BIN)/affectbox-converter fetch
	$(BIN)/affectbox-converter sign --third-party --key $(KEY)

lint: .venv/test.stamp ## check style (some seconds)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/test.stamp ## check types (a minute at first, then some seconds)
	$(BIN)/mypy

bench: build/sample.mp4 ## measure the cost of a frame on this machine, against OpenCV's Haar cascade (half a minute)
	$(BIN)/affectbox bench --source build/sample.mp4 --versus-haar

bench-reading: .venv/test.stamp ## measure what reading two hours of records costs (about a minute)
	$(BIN)/python -m tests.cloud.bench_reading

bench-features: .venv/test.stamp ## measure what the features of a session cost on the box (some seconds)
	$(BIN)/python -m tests.device.features.bench

bench-report: .venv/test.stamp ## measure what the report on fifty minutes costs (about a minute)
	$(BIN)/python -m tests.cloud.bench_report

bench-watch: .venv/test.stamp ## measure what watching a hundred and five hundred boxes costs (two and a half minutes)
	$(BIN)/python -m tests.cloud.bench_watch

bench-daemon: .venv/test.stamp models ## measure how soon a session begins, and how soon a revoked consent closes the camera (a minute)
	$(BIN)/python -m tests.device.bench_daemon

bench-session: .venv/test.stamp models ## measure how soon the lamp follows the button, and what the host process weighs (two minutes)
	$(BIN)/python -m tests.device.host.bench_session

rules: .venv/run.stamp ## generate the security rules and JSON Schemas from the contract
	for document in record pack aggregate event telemetry boot command live checkup box erasure person note mark paper audit; do \
		$(BIN)/affectbox-cloud schema --of $$document > cloud/$$document.schema.json; \
	done
	$(BIN)/affectbox-cloud rules > cloud/database.rules.json

rules-evaluator: build/node/rules.stamp ## install targaryen, with which the local database enforces security rules (needs node)

build/node/rules.stamp: cloud/local/evaluator/package.json cloud/local/evaluator/package-lock.json
	@mkdir -p build/node
	@cp $^ build/node/
	@if command -v npm >/dev/null; then \
		npm ci --prefix build/node --ignore-scripts --no-audit --no-fund --silent && touch $@; \
	else echo "no npm on this machine: the tests of the security rules are skipped"; fi

build/axe/axe.stamp: tests/axe/package.json tests/axe/package-lock.json
	@mkdir -p build/axe
	@cp $^ build/axe/
	@if command -v npm >/dev/null; then \
		npm ci --prefix build/axe --ignore-scripts --no-audit --no-fund --silent && touch $@; \
	else echo "no npm on this machine: pages are not looked at for barriers"; fi

auth-emulator: build/auth-emulator/node.stamp .venv/test.stamp ## test signing in against Google's Auth emulator (needs node; about two minutes)
	$(BIN)/python -m pytest tests/cloud/test_auth_emulator.py

build/auth-emulator/node.stamp:
	npm install --prefix build/auth-emulator --ignore-scripts --no-audit --no-fund --silent firebase-tools@15.34.2
	@touch $@

.PHONY: face-viewer
face-viewer: build/face-viewer/npm.stamp ## build the player of the digital face, cloud/face/viewer.js, from its source (needs node; some seconds)
	@cloud/face/viewer/build.sh build/face-viewer/node_modules cloud/face/viewer.js

build/face-viewer/npm.stamp: cloud/face/viewer/package.json cloud/face/viewer/package-lock.json
	@mkdir -p build/face-viewer
	@cp $^ build/face-viewer/
	@if command -v npm >/dev/null; then \
		npm ci --prefix build/face-viewer --ignore-scripts --no-audit --no-fund --silent && touch $@; \
	else echo "no npm on this machine: the player of the digital face is not built anew"; fi

.PHONY: atypicality cohort personal torch-test
atypicality: .venv/test.stamp ## simulate children and raters: evaluation, two bundles, what a box says of a child held out (two minutes)
	@training/atypicality/example.sh $(BIN) atypicality

cohort: .venv/test.stamp ## simulate a study with a planted difference: evaluation, bundle, what a box says, digital targets, teaching map (some minutes)
	@training/diagnosis/example.sh $(BIN) cohort

personal: .venv/test.stamp ## simulate two people, learn how each moves: evaluation, a bundle of one of them, what a box says (some minutes)
	@training/personal/example.sh $(BIN) personal

torch-test: build/torch.stamp ## read PyTorch's weights with PyTorch itself (5 GB, some minutes)
	build/torch/bin/python -m pytest -m learning tests/training/test_resnet18.py

build/torch.stamp: .venv/test.stamp
	@mkdir -p build
	$(PYTHON) -m venv build/torch
	build/torch/bin/pip install --quiet torch==2.14.1
	@echo $(CURDIR)/.venv/lib/python*/site-packages > $$(echo build/torch/lib/python*/site-packages)/house.pth
	@touch $@

.PHONY: files-test learning-test pages-test bench-dashboard bench-fleet dashboard-pictures
learning-test: .venv/test.stamp ## train and convert small networks, from pictures to signed bundles (four minutes)
	$(BIN)/python -m pytest -m learning -n 2 --dist loadfile

files-test: .venv/test.stamp build/sample.mp4 ## write large reports, videos and exports, read them back, and erase people (some minutes)
	$(BIN)/python -m pytest -m files -n 2 --dist loadfile

pages-test: .venv/test.stamp rules-evaluator build/axe/axe.stamp build/face-viewer/npm.stamp ## walk through the dashboard in a browser (four minutes; wants node and chromium)
	$(BIN)/python -m pytest -m pages -n 2 --dist loadfile

bench-dashboard: .venv/test.stamp rules-evaluator ## measure what the dashboard takes with 1, 5 and 20 open tabs (three minutes)
	$(BIN)/python -m tests.cloud.dashboard.bench_tabs

bench-fleet: .venv/test.stamp rules-evaluator ## measure the fleet's table with 100 and 500 boxes (two minutes)
	$(BIN)/python -m tests.cloud.dashboard.bench_fleet

dashboard-pictures: .venv/test.stamp rules-evaluator build/axe/axe.stamp ## take the pictures in docs/dashboard.md, and that of the player, anew (two minutes)
	AFFECTBOX_PICTURES=1 $(BIN)/python -m pytest -m 'pages or chaos' tests/cloud/dashboard/test_every_page.py tests/cloud/dashboard/test_live_box.py tests/cloud/face/test_player.py

wheel: .venv/run.stamp ## build the wheel that boxes are installed and updated with, into build/dist/ (some seconds)
	@rm -rf build/dist
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir build/dist .
	@ls -1 build/dist/*.whl

pi-check: .venv/test.stamp build/sample.mp4 ## as root: try the box in emulated arm64 roots of bookworm and trixie, and compare with this machine (ten minutes)
	@AFFECTBOX_CACHE=build/cache $(BIN)/affectbox-converter fetch
	nice -n 5 $(BIN)/python -m tests.pi.check

release: .venv/test.stamp ## build the signed file that boxes are installed and updated with: KEY=FILE [SUITE=trixie] [ARCH=amd64] (a minute or two)
	@test -n "$(KEY)" || { echo "Name the private key: make release KEY=FILE (affectbox-converter keygen makes one)."; exit 2; }
	$(BIN)/affectbox-converter release --key "$(KEY)" --suite $(or $(SUITE),bookworm) --arch $(or $(ARCH),arm64)

install-pi: ## on a Raspberry Pi, as root: install this checkout as a box (five minutes on a Pi 4, estimated)
	@systemd/install.sh $(INSTALL)

pi-install-test: .venv/test.stamp ## install and update boxes in containers, as root (some minutes)
	$(BIN)/python -m pytest -m install

report-pictures: .venv/test.stamp ## draw the pictures of docs/report.md anew (some seconds)
	$(BIN)/python -m docs.report_pictures

docs: .venv/run.stamp ## write docs/commands.md anew, from the commands' own parsers
	$(BIN)/python docs/generate.py

lock: .venv/test.stamp ## for maintainers: pin what the box runs, with hashes, in requirements/device.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra device --generate-hashes \
		--no-emit-index-url --no-annotate --custom-compile-command 'make lock' pyproject.toml -o requirements/device.txt

clean: ## remove what make made, except the model cache
	rm -rf .venv build run
