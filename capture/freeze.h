/* SPDX-License-Identifier: Apache-2.0 */
/* What the ways in which a capture can end have in common. */
#pragma once

/* The keeper, whose recorder was lost, leaves the command's wait status. */
void freeze_note_end(int run_fd, int status);
