"""`kms regs`: the registers that decide a translation, with the names of their bits."""

from . import words
from .command import Command

CR0 = ((0, "PE"), (1, "MP"), (2, "EM"), (3, "TS"), (4, "ET"), (5, "NE"), (16, "WP"), (18, "AM"), (29, "NW"),
       (30, "CD"), (31, "PG"))
CR4 = ((0, "VME"), (1, "PVI"), (2, "TSD"), (3, "DE"), (4, "PSE"), (5, "PAE"), (6, "MCE"), (7, "PGE"), (8, "PCE"),
       (9, "OSFXSR"), (10, "OSXMMEXCPT"), (11, "UMIP"), (12, "LA57"), (16, "FSGSBASE"), (17, "PCIDE"),
       (18, "OSXSAVE"), (20, "SMEP"), (21, "SMAP"), (22, "PKE"), (24, "PKS"))
EFER = ((0, "SCE"), (8, "LME"), (10, "LMA"), (11, "NXE"))
PAE = 2  # enum kms_paging_mode


def bits(value, names):
    """The names of the bits that are set; what has no name as a number."""
    known = [name for bit, name in names if value >> bit & 1]
    rest = value & ~sum(1 << bit for bit, _ in names)
    return " ".join(known + ([f"0x{rest:x}"] if rest else [])) or "none"


def lines(state, mode):
    """struct kms_x86_state as text, a register a line."""
    yield f"CR0   {words.hexadecimal(state['cr0'])}  {bits(int(state['cr0']), CR0)}"
    yield f"CR2   {words.hexadecimal(state['cr2'])}"
    yield f"CR3   {words.hexadecimal(state['cr3'])}"
    yield f"CR4   {words.hexadecimal(state['cr4'])}  {bits(int(state['cr4']), CR4)}"
    yield f"EFER  {words.hexadecimal(state['efer'])}  {bits(int(state['efer']), EFER)}"
    if mode == PAE:
        for number in range(4):
            yield f"PDPTE{number} {words.hexadecimal(state['pdpte'][number], 16)}"
    if int(state["pkru"]) or int(state["pkrs"]):
        yield f"PKRU  {words.hexadecimal(state['pkru'])}  PKRS {words.hexadecimal(state['pkrs'])}"
    ring = int(state["cpl"])
    yield (f"CPL {ring} ({'user' if ring == 3 else 'supervisor'} mode), EFLAGS.AC {int(state['ac'])}, "
           f"{words.mode(mode)}, {int(state['maxphyaddr'])} bits of physical address")


def mode_of(state):
    """enum kms_paging_mode of a struct kms_x86_state that stands alone."""
    cr0, cr4, efer = (int(state[name]) for name in ("cr0", "cr4", "efer"))
    if not cr0 >> 31 & 1:
        return 0
    if not cr4 >> 5 & 1:
        return 1
    return 2 if not efer >> 10 & 1 else 4 if cr4 >> 12 & 1 else 3


class Registers(Command):
    """Show the CPU's registers that decide a translation."""

    name = "kms regs"

    def run(self, machine, arguments):
        print("\n".join(lines(machine.state, machine.mode)))


def begin():
    """Register the command."""
    Registers()
