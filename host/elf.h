/* SPDX-License-Identifier: Apache-2.0 */
/* Reading ELF files through libelf. */
#pragma once

struct arena;

/* PT_INTERP of the ELF file, from the arena; NULL when there is none or the
 * file is no (intact) ELF file. */
char *elf_interpreter(int fd, struct arena *a);
