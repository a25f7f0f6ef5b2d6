# The verbs of the house. Meson and tools/ do the work; no build rule stands here.
# Debian 12 with git and make is enough to start with: `make demo`, `make test`.
sanitize = -Dbuildtype=debugoptimized -Db_sanitize=address,undefined

.PHONY: all demo test check fuzz bench asan install clean help

all:
	@echo "make: building the release binary, build/flyball"
	@tools/setup build
	@tools/build build -Dtests=false

demo: all
	@echo "make: showing the main job on the example of a fictional developer"
	@tools/demo

test:
	@echo "make: building with sanitizers and running all tests"
	@tools/setup test
	@tools/test build-test $(sanitize) -Dwerror=true

check:
	@echo "make: checking the house rules and the layout of the sources"
	@tools/setup ci
	@tools/build build-test $(sanitize) -Dwerror=true
	@build-test/tools/tidy .
	@tools/format --check

fuzz:
	@echo "make: running each fuzzer for $(or $(SECONDS),60) seconds (SECONDS=N to change)"
	@tools/setup ci
	@tools/fuzz $(or $(SECONDS),60)

bench: all
	@echo "make: measuring"
	@build/flyball bench

asan:
	@echo "make: building build-asan/flyball, which stops at the first memory error"
	@tools/setup build
	@tools/build build-asan $(sanitize) -Dtests=false

install: all
	@echo "make: installing"
	@meson install -C build --no-rebuild

clean:
	@echo "make: removing the build folders and the docket of the demo"
	@rm -rf build build-* demo-docket

help:
	@echo "make          release binary at build/flyball"
	@echo "make demo     the main job on an example, from an empty machine"
	@echo "make test     all tests, with AddressSanitizer and UBSan"
	@echo "make check    house rules and layout of the sources"
	@echo "make fuzz     each fuzzer for SECONDS=60"
	@echo "make bench    measurements"
	@echo "make asan     build-asan/flyball with sanitizers"
	@echo "make install  to /usr/local, or DESTDIR"
	@echo "make clean    remove the build folders and the docket of the demo"
