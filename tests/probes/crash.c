// SPDX-License-Identifier: Apache-2.0
/* Dies of a real SIGSEGV. */
int main(void)
{
	volatile int *nowhere = (volatile int *)8;

	return *nowhere;
}
