#include "cli.h"

#include <inttypes.h>
#include <string.h>

void cli_error(const struct cli *cli, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(cli->err, "kmemsim%s%s: ", cli->command ? " " : "", cli->command ? cli->command->name : "");
    vfprintf(cli->err, format, arguments);
    fputc('\n', cli->err);
    va_end(arguments);
}

void cli_note(const struct cli *cli, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("note: ", cli->err);
    vfprintf(cli->err, format, arguments);
    fputc('\n', cli->err);
    va_end(arguments);
}

const char *cli_color(const struct cli *cli, enum cli_color color)
{
    static const char *const sequences[] = {
        [CLI_PLAIN] = "\033[0m", [CLI_GOOD] = "\033[32m", [CLI_BAD] = "\033[31m",
        [CLI_WARN] = "\033[33m", [CLI_DIM] = "\033[2m",   [CLI_BOLD] = "\033[1m"};
    return cli->color ? sequences[color] : "";
}

int cli_digits(const struct kms_space *space)
{
    return space->width > 32 ? 16 : 8;
}

const char *cli_name(const struct cli *cli, kms_linear linear, char *text)
{
    uint64_t offset;
    const char *name = cli->symbols ? kms_symbols_name(cli->symbols, linear, &offset) : NULL;
    text[0] = '\0';
    if (name && offset)
        snprintf(text, CLI_TEXT, " <%s+0x%" PRIx64 ">", name, offset);
    else if (name)
        snprintf(text, CLI_TEXT, " <%s>", name);
    return text;
}

const char *cli_size_words(uint64_t size, char *text)
{
    static const char units[] = "KMGTPE";
    unsigned unit = 0;
    for (size >>= 10; size && size % 1024 == 0 && unit + 2 < sizeof units; size >>= 10)
        unit++;
    snprintf(text, 24, "%" PRIu64 "%c", size, units[unit]);
    return text;
}

/* ---- JSON ---- */

void cli_json_begin(struct cli *cli, const char *list)
{
    cli->json_items = false;
    fprintf(cli->out, "{\"version\": %d, \"command\": \"%s\", \"%s\": [", CLI_JSON_VERSION,
            cli->command->name, list);
}

void cli_json_item(struct cli *cli, json_t *item)
{
    fputs(cli->json_items ? ",\n" : "\n", cli->out);
    cli->json_items = true;
    json_dumpf(item, cli->out, JSON_ENSURE_ASCII);
    json_decref(item);
}

void cli_json_end(struct cli *cli, json_t *more)
{
    const char *key;
    json_t *value;
    fputs("\n]", cli->out);
    json_object_foreach(more, key, value)
    {
        fprintf(cli->out, ", \"%s\": ", key);
        json_dumpf(value, cli->out, JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
    }
    fputs("}\n", cli->out);
    json_decref(more);
}

json_t *cli_json_address(uint64_t address)
{
    char text[24];
    snprintf(text, sizeof text, "0x%" PRIx64, address);
    return json_string(text);
}

json_t *cli_json_name(const struct cli *cli, kms_linear linear)
{
    char text[CLI_TEXT];
    size_t length = strlen(cli_name(cli, linear, text));
    return length ? json_stringn(text + 2, length - 3) : json_null();
}
