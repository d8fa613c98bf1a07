# SPDX-License-Identifier: Apache-2.0
.PHONY: help run test outside check bench fuzz soak clean

help:            ## what can be done here
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

run:             ## build, start, send one message by each door, show where to look
	@scripts/run

test:            ## unit tests, then the real daemon from outside
	@scripts/test

outside:         ## the outside tests alone, against what is built
	@scripts/outside

check:           ## format, warnings, imports against the table of rooms, length, links
	@scripts/check

bench:           ## Postern beside Postfix on this machine
	@scripts/bench

fuzz:            ## each parser against libFuzzer; FUZZ_SECONDS=60 each
	@scripts/fuzz

soak:            ## kill -9 and power cuts; KILL_ROUNDS=200 POWER_CUTS=1000
	@scripts/soak

clean:           ## remove everything that was built, and the data of `make run`
	rm -rf .build .build-* .venv .run
