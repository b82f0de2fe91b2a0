# SPDX-License-Identifier: Apache-2.0
# matrix:
# The help of each command (which is printed from the option tables) and the
# manual page name the same commands and options, with the same arguments.
. "$REPRISE_TEST_TREE/tests/integration/lib.sh"

page=$REPRISE_TEST_TREE/docs/reprise.1
# "command", and "command -x --long ARGUMENT" of every option but help.
reprise help | sed -n 's/^  \([a-z]*\)  *.*/\1/p' >"$T/commands"
while read -r c; do
	echo "$c"
	reprise "$c" --help | sed -n 's/^  \(-., \)\{0,1\} *--/\1--/p' |
		sed 's/   *.*//; s/,//; s/|/ | /g' |
		grep -v -e '--help' | sed "s/^/$c /" || true
done <"$T/commands" | sort >"$T/help"

# The same of the page: ".Ss Nm command" sections with ".It Fl" items.
awk '
	/^\.Sh / { section = $2 == "COMMANDS"; command = "" }
	!section { next }
	/^\.Ss / { command = $2; print command }
	/^\.It Fl / {
		text = ""
		for (i = 2; i <= NF; i++) {
			if ($i == "Fl") { text = text " -" $(i + 1); i++ }
			else if ($i != "," && $i != "Ar" && $i != "Cm")
				text = text " " $i
		}
		print command text
	}' "$page" | sort >"$T/page"
diff -u "$T/help" "$T/page" || fail "--help (-) and reprise(1) (+) differ"

# The usage lines, too.
while read -r c; do
	reprise "$c" --help | sed -n '1s/^usage: reprise //p'
done <"$T/commands" | sort >"$T/help"
awk '/^\.Sh / { section = $2 == "COMMANDS" }
	section && /^\.D1 / { sub(/^\.D1 reprise /, ""); print }' "$page" |
	sort >"$T/page"
diff -u "$T/help" "$T/page" || fail "usage (-) and reprise(1) (+) differ"
