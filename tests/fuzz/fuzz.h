/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A fuzz target is one source file with this function. libFuzzer calls it, and so does driver.c
 * where there is no libFuzzer. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Aborts when something is wrong. Returns 0. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
