/* SPDX-License-Identifier: Apache-2.0 */
/* What writing and reading a bundle must agree on. */
#pragma once

#define BUNDLE_HEAD "reprise-bundle"
/* The head's first line. */
#define BUNDLE_VERSION "reprise-bundle 1"
/* The head's second line, then a number. */
#define BUNDLE_COUNT "objects "

/* Entries that are read into memory are bounded. */
#define BUNDLE_HEAD_MOST (16 << 20)
#define BUNDLE_MANIFEST_MOST (256 << 20)
#define BUNDLE_KEY_MOST 4096

/* "runs/" + id + "/" + the longest name + NUL */
#define BUNDLE_PATH 64
