# SPDX-License-Identifier: MIT OR Apache-2.0
# flatten.awk - print a C file with each of our own #includes pasted in, once.
#
#     awk -v path=include:lib -f flatten.awk lib/all.c > billing.c

function find(name,   i, file, line) {
  for (i = 1; i <= dirs; i++) {
    file = dir[i] "/" name
    if ((getline line < file) >= 0) {
      close(file)
      return file
    }
  }
  return ""
}

function paste(file,   line, name, from) {
  if (seen[file]++) return
  while ((getline line < file) > 0) {
    name = line
    if (sub(/^#include "/, "", name) && sub(/".*/, "", name) &&
        (from = find(name)) != "")
      paste(from)
    else if (line !~ /^\/\* SPDX-License-Identifier: .* \*\/$/ || !spdx++)
      print line
  }
  close(file)
}

BEGIN {
  dirs = split(path, dir, ":")
  paste(ARGV[1])
  exit
}
