"""Numbers and flags in words, the same words that the kmemsim tool uses.

Nothing here calls the program, so that it serves core files too. Flags come decoded from the machine's walker.
"""

RIGHTS = {"read": 1, "write": 2, "user": 4, "exec": 8}  # enum kms_right
MODES = ("no paging", "32-bit", "PAE", "4-level", "5-level")  # enum kms_paging_mode
ENTRY_NAMES = ("no entry", "PTE", "PDE", "PDPTE", "PML4E", "PML5E")  # by level
TABLE_NAMES = ("no table", "page table", "page directory", "page-directory-pointer table", "PML4", "PML5")
TABLE, MAPPED, NOT_PRESENT, RESERVED, NONCANONICAL, NO_TABLE = range(6)  # enum kms_verdict
VERDICTS = ("points to the next table", "is mapped", "is not present", "has a reserved bit set", "is not canonical",
            "lies where no memory answers")

PRESENT, WRITE, USER, LARGE = 1 << 0, 1 << 1, 1 << 2, 1 << 6  # enum kms_entry_flag
OTHER_FLAGS = ((1 << 4, "accessed"), (1 << 5, "dirty"), (1 << 7, "global"), (1 << 3, "no-execute"),
               (1 << 8, "write-through"), (1 << 9, "cache disabled"), (1 << 10, "PAT"))

ERROR_BITS = ("P", "WR", "US", "RSVD", "ID", "PK")
P, WR, US, RSVD, ID, PK = (1 << bit for bit in range(6))


def hexadecimal(number, digits=8):
    """An address or an entry: 0x and at least so many digits."""
    return f"0x{int(number):0{digits}x}"


def mode(number):
    """enum kms_paging_mode: "32-bit paging"."""
    return MODES[number] + (" paging" if number else "")


def size(count):
    """Bytes in the largest unit that leaves no rest."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count % 1024 or count == 0 or unit == "GiB":
            return f"{count} {unit}"
        count //= 1024


def rights(bits):
    """enum kms_right as the tool writes it: "user rw-"."""
    letters = "".join(letter if bits & RIGHTS[name] else "-"
                      for letter, name in (("r", "read"), ("w", "write"), ("x", "exec")))
    return ("user " if bits & RIGHTS["user"] else "kernel ") + letters


def removed(before, after):
    """The letters of the rights that one level took away."""
    gone = before & ~after
    return "".join(letter for letter, name in (("W", "write"), ("U", "user"), ("X", "exec")) if gone & RIGHTS[name])


def flags(bits, entry=0, reserved=0):
    """enum kms_entry_flag in words; `entry` tells an empty entry from one that only lacks P."""
    if not bits & PRESENT:
        return "not present (the other bits mean nothing to the CPU)" if entry else "not present"
    words = ["present", "writable" if bits & WRITE else "read-only", "user" if bits & USER else "supervisor"]
    words += [name for flag, name in OTHER_FLAGS if bits & flag]
    words += ["large page"] if bits & LARGE else []
    words += [f"reserved bits 0x{reserved:x}"] if reserved else []
    return ", ".join(words)


def error_bits(code):
    """The names of the bits of a page fault's error code: "P WR US"."""
    return " ".join(name for bit, name in enumerate(ERROR_BITS) if code >> bit & 1) or "none"


def access(code):
    """The access that an error code tells of: "a user-mode write"."""
    kind = "instruction fetch" if code & ID else "write" if code & WR else "read"
    return f"a {'user' if code & US else 'supervisor'}-mode {kind}"


def page_fault(code):
    """An error code as a clause."""
    if not code & P:
        why = "is not present"
    elif code & RSVD:
        why = "has an entry with a reserved bit set"
    else:
        why = "its protection key forbids" if code & PK else "is present, but whose rights forbid it"
    return f"{access(code)} of a page that {why}"
