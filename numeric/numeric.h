/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two contents of one format of numbers: how far they are apart.
 *
 *	distance.c            pairs and arrays of numbers
 *	numbers.c             types of numbers
 *	stream.c              bytes of a file, or inflated ones
 *	npy.c                 NumPy arrays
 *	json.c, json_values.c JSON
 *	csv.c                 tables as text
 *	contents.c            which of these a content is
 *	zip.c                 the directory of a zip file
 *	members.c             zip files member by member: npz and others
 *	torch.c               PyTorch's zip files, storage by storage
 *	pickle.c,
 *	pickle_storages.c     the pickle in those
 *	safetensors.c         tensor by tensor
 *	stamps.c              times inside zip and gzip files
 *	numeric.c             which of all these two files are
 *
 * Contents may be of any size, and hostile: memory is bounded, and what is
 * damaged, contradicts itself or is too large to be understood is not measured.
 */
#pragma once

#include "numeric/distance.h"
#include <stdbool.h>

/*
 * By content, and for CSV and JSON by the name of the file as well. False: no
 * format that is read here. Descriptors keep their offsets.
 */
bool numeric_compare(
	struct distance *d, const char *name, int recorded, int replayed);

/*
 * Two zip or two gzip files that are the same but for the times that are noted
 * in them (and that have some that differ).
 */
bool numeric_only_stamps(int recorded, int replayed);
