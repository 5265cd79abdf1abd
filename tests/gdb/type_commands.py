"""Run by gdb for transcript.py: types the commands of $KMS_COMMANDS, with a mark before what each prints.

`gdb -x` would end at the first command that fails; here its message is part of the transcript.
"""

import os

import gdb

for command in os.environ["KMS_COMMANDS"].split("\n"):
    print(os.environ["KMS_MARK"], flush=True)
    gdb.flush()
    try:
        gdb.execute(command)
    except gdb.error as error:
        print(error)
    gdb.flush()
