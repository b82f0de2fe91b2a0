// SPDX-License-Identifier: Apache-2.0
/* What an ELF file says about how it is run, or loaded. */
#include "host/elf.h"
#include "host/elf_image.h"

int elf_read(int fd, struct arena *a, struct elf_file *out)
{
	struct elf_image m;

	*out = (struct elf_file){0};
	if (elf_image_open(&m, fd, a) < 0)
		return -1;
	out->type = m.eh.e_type;
	out->machine = m.eh.e_machine;
	out->bits = m.bits;
	out->interpreter = elf_image_interpreter(&m);
	elf_read_dynamic(&m, out);
	elf_read_notes(&m, out);
	out->damage = m.damage;
	return 0;
}

char *elf_interpreter(int fd, struct arena *a)
{
	struct elf_image m;

	return elf_image_open(&m, fd, a) < 0 ? NULL : elf_image_interpreter(&m);
}
