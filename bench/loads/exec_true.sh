#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# exec_true.sh COUNT: runs /bin/true that often.
i=0
while [ "$i" -lt "$1" ]; do
	/bin/true || exit 1
	i=$((i + 1))
done
echo "ran $i"
