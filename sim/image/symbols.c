/* Names for addresses, from the symbol table of an ELF file. */
#include "image_internal.h"

#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

struct symbol {
    kms_linear linear;
    uint64_t size;
    const char *name; /* in the ELF file's string table */
};

/* Addresses that the file loads together: a name reaches no further than that. */
struct load {
    kms_linear first, last;
};

#define LOADS_MAX 64u

struct kms_symbols {
    struct image_bytes bytes;
    Elf *elf;
    struct symbol *symbols; /* ascending */
    size_t count, capacity;
    struct load loads[LOADS_MAX];
    size_t load_count;
};

static bool add_symbol(struct kms_symbols *symbols, const struct symbol *symbol)
{
    if (symbols->count == symbols->capacity) {
        size_t capacity = symbols->capacity ? 2 * symbols->capacity : 256;
        struct symbol *more = realloc(symbols->symbols, capacity * sizeof *more);
        if (!more)
            return false;
        symbols->symbols = more;
        symbols->capacity = capacity;
    }
    symbols->symbols[symbols->count++] = *symbol;
    return true;
}

static bool is_useful(const GElf_Sym *symbol, const char *name)
{
    unsigned type = GELF_ST_TYPE(symbol->st_info);
    return name && name[0] && symbol->st_shndx != SHN_UNDEF && symbol->st_shndx != SHN_ABS &&
           (type == STT_FUNC || type == STT_OBJECT || type == STT_NOTYPE);
}

static bool read_table(struct kms_symbols *symbols, Elf_Scn *section, const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(section, NULL);
    size_t count = data && header->sh_entsize ? (size_t)(header->sh_size / header->sh_entsize) : 0;
    for (size_t i = 0; i < count && i <= INT32_MAX; i++) {
        GElf_Sym symbol;
        if (!gelf_getsym(data, (int)i, &symbol))
            break;
        const char *name = elf_strptr(symbols->elf, header->sh_link, symbol.st_name);
        const struct symbol found = {symbol.st_value, symbol.st_size, name};
        if (is_useful(&symbol, name) && !add_symbol(symbols, &found))
            return false;
    }
    return true;
}

static bool read_tables(struct kms_symbols *symbols)
{
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(symbols->elf, section))) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB &&
            !read_table(symbols, section, &header))
            return false;
    }
    return true;
}

static void read_loads(struct kms_symbols *symbols)
{
    size_t count = 0;
    elf_getphdrnum(symbols->elf, &count);
    for (size_t i = 0; i < count && symbols->load_count < LOADS_MAX; i++) {
        GElf_Phdr header;
        if (!gelf_getphdr(symbols->elf, (int)i, &header) || header.p_type != PT_LOAD || header.p_memsz == 0)
            continue;
        symbols->loads[symbols->load_count++] =
            (struct load){header.p_vaddr, header.p_vaddr + header.p_memsz - 1};
    }
}

static const struct load *load_of(const struct kms_symbols *symbols, kms_linear linear)
{
    for (size_t i = 0; i < symbols->load_count; i++) {
        if (linear >= symbols->loads[i].first && linear <= symbols->loads[i].last)
            return &symbols->loads[i];
    }
    return NULL;
}

/* By address; of several at one address, the one with a size comes last and is found. */
static int compare(const void *left, const void *right)
{
    const struct symbol *a = left, *b = right;
    if (a->linear != b->linear)
        return a->linear < b->linear ? -1 : 1;
    if (a->size != b->size)
        return a->size < b->size ? -1 : 1;
    return strcmp(b->name, a->name);
}

static bool read_symbols(struct kms_symbols *symbols, const char *path, struct kms_image_error *error)
{
    elf_version(EV_CURRENT);
    symbols->elf = elf_memory((char *)(uintptr_t)symbols->bytes.data, (size_t)symbols->bytes.size);
    if (!symbols->elf || elf_kind(symbols->elf) != ELF_K_ELF)
        return image_fail(error, "%.160s: is not an ELF file", path);
    if (!read_tables(symbols))
        return image_fail(error, "%.160s: no memory for its symbols", path);
    if (symbols->count == 0)
        return image_fail(error, "%.160s: has no symbols", path);
    read_loads(symbols);
    qsort(symbols->symbols, symbols->count, sizeof symbols->symbols[0], compare);
    return true;
}

struct kms_symbols *kms_symbols_open(const char *path, struct kms_image_error *error)
{
    struct kms_symbols *symbols = calloc(1, sizeof *symbols);
    if (!symbols) {
        image_fail(error, "%.160s: no memory", path);
        return NULL;
    }
    if (image_bytes_open(path, &symbols->bytes, error) && read_symbols(symbols, path, error))
        return symbols;
    kms_symbols_free(symbols);
    return NULL;
}

void kms_symbols_free(struct kms_symbols *symbols)
{
    if (!symbols)
        return;
    free(symbols->symbols);
    elf_end(symbols->elf);
    image_bytes_close(&symbols->bytes);
    free(symbols);
}

/* How many symbols begin at or below an address. */
static size_t count_up_to(const struct kms_symbols *symbols, kms_linear linear)
{
    size_t low = 0, high = symbols->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (symbols->symbols[middle].linear <= linear)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const char *kms_symbols_name(const struct kms_symbols *symbols, kms_linear linear, uint64_t *offset)
{
    const struct load *load = load_of(symbols, linear);
    size_t below = count_up_to(symbols, linear);
    if (below == 0 || (symbols->load_count && !load))
        return NULL;
    const struct symbol *symbol = &symbols->symbols[below - 1];
    if (load && symbol->linear < load->first)
        return NULL;
    *offset = linear - symbol->linear;
    return symbol->name;
}

bool kms_symbols_find(const struct kms_symbols *symbols, const char *name, kms_linear *linear)
{
    for (size_t i = 0; i < symbols->count; i++) {
        if (strcmp(symbols->symbols[i].name, name) == 0) {
            *linear = symbols->symbols[i].linear;
            return true;
        }
    }
    return false;
}

bool kms_symbols_extent(const struct kms_symbols *symbols, kms_linear *first, kms_linear *last)
{
    *first = UINT64_MAX;
    *last = 0;
    for (size_t i = 0; i < symbols->load_count; i++) {
        const struct load *load = &symbols->loads[i];
        *first = load->first < *first ? load->first : *first;
        *last = load->last > *last ? load->last : *last;
    }
    return symbols->load_count > 0;
}
