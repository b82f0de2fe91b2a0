// SPDX-License-Identifier: Apache-2.0
/* What types of package URLs ask for, from the definitions of the types. */
#include "manifests/purl_types.h"

#include <string.h>

static const struct purl_type types[] = {
	{"alpm", PURL_LOWER_NAMESPACE | PURL_LOWER_NAME},
	{"apk", PURL_LOWER_NAMESPACE | PURL_LOWER_NAME},
	{"bitbucket", PURL_LOWER_NAMESPACE | PURL_LOWER_NAME},
	{"bitnami", PURL_LOWER_NAME},
	{"brew", PURL_LOWER_NAMESPACE | PURL_LOWER_NAME},
	{"composer", PURL_LOWER_NAMESPACE | PURL_LOWER_NAME},
	{"conda", PURL_NO_NAMESPACE},
	{"cpan", PURL_NO_COLONS},
	{"deb", PURL_LOWER_NAMESPACE | PURL_LOWER_NAME},
	{"github", PURL_LOWER_NAMESPACE | PURL_LOWER_NAME},
	{"hex", PURL_LOWER_NAMESPACE | PURL_LOWER_NAME},
	{"huggingface", PURL_LOWER_VERSION},
	{"julia", PURL_UUID},
	{"luarocks", PURL_LOWER_NAMESPACE | PURL_LOWER_NAME},
	{"mlflow", PURL_DATABRICKS},
	{"oci", PURL_LOWER_NAME | PURL_LOWER_VERSION | PURL_NO_NAMESPACE},
	{"otp", PURL_LOWER_NAME | PURL_NO_NAMESPACE},
	{"pub", PURL_LOWER_NAME},
	{"pypi", PURL_LOWER_NAME | PURL_LOWER_VERSION | PURL_DASHES |
			 PURL_NO_NAMESPACE},
	{"qpkg", PURL_LOWER_NAMESPACE},
	{"rpm", PURL_LOWER_NAMESPACE},
	{"swift", PURL_NAMESPACE},
	{"vcpkg", PURL_NO_NAMESPACE},
	{"vscode-extension", PURL_LOWER_NAMESPACE | PURL_LOWER_NAME |
				     PURL_LOWER_VERSION | PURL_NAMESPACE},
};

unsigned purl_rules(const char *type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (strcmp(types[i].name, type) == 0)
			return types[i].rules;
	return 0;
}
