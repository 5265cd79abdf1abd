#include "operations.h"

#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: kmemsim run [OPTION]... FILE\n"
    "Run the operations in FILE (docs/operations.md; - is standard input, zstd is unpacked) on a kernel.\n"
    "\n"
    "  --kernel NAME       which kernel (vana); kmemsim kernels lists them\n"
    "  --kernel A,B,...    the same operations on each, side by side\n"
    "  --mode MODE         window: the kernel's own accesses go through the MMU (the default);\n"
    "                      direct: they go straight to RAM\n"
    "  --events            print a line for each operation, as the kernel prints them when booted\n"
    "  --check             watch the kernel's heap: blocks that are overwritten, and those that are never "
    "freed\n"
    "  --json              the report for programs\n"
    "  --ratio             time reading and replaying against the same operations through malloc\n"
    "  --policy NAME       replace pages of processes by this policy of the kernel's\n"
    "  --policies          run the file under each of them, and compare with Belady's optimum\n"
    "  --frames N          at most N frames for pages of processes\n"
    "  --emit-binary OUT   run nothing; write the records that a booted kernel replays\n"
    "\n"
    "Exit status: 0 if all was as expected, 1 if not, 2 on usage or bad input; of several kernels the "
    "highest.\n"
    "Ctrl-C ends a run with its results so far.\n";

/* ---- shared with the other parts ---- */

void run_complain(const char *format, ...)
{
    va_list arguments;
    fputs("kmemsim run: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

static void list_kernels(void)
{
    for (const struct kms_guest_module *module = kms_guest_first(); module; module = kms_guest_next(module))
        fprintf(stderr, "  %s  %s\n", module->name, module->ops->title);
}

static struct kms_guest *make_guest(const struct run_options *options)
{
    struct kms_guest *guest;
    struct kms_guest_options how = {.kernel = options->kernel, .mode = options->mode};
    if (!kms_guest_find(options->kernel)) {
        run_complain("there is no kernel \"%s\"; there is:", options->kernel);
        list_kernels();
        return NULL;
    }
    enum kms_status status = kms_guest_new(&how, &guest);
    if (status != KMS_OK)
        run_complain("%s: %s", options->kernel, kms_status_words(status));
    return guest;
}

struct kms_guest *run_boot(const struct run_options *options)
{
    struct kms_guest_stop stop;
    struct kms_guest *guest = make_guest(options);
    if (!guest)
        return NULL;
    if (kms_guest_boot(guest, &stop) == KMS_GUEST_RETURNED && stop.status >= 0)
        return guest;
    if (stop.end == KMS_GUEST_RETURNED)
        run_complain("%s does not boot: status %d", options->kernel, stop.status);
    else
        run_complain("%s does not boot: %s", options->kernel, stop.reason);
    kms_guest_free(guest);
    return NULL;
}

bool run_open(const char *path, struct run_input *input)
{
    *input = (struct run_input){.file = trace_file_open(path)};
    if (!input->file) {
        run_complain("%s: %s", path, strerror(errno));
        return false;
    }
    struct kms_trace_source source = trace_file_source(input->file);
    if (kms_trace_reader_new(path, &source, &input->reader) == KMS_OK)
        return true;
    run_complain("no memory to read %s", path);
    run_close(input);
    return false;
}

void run_close(struct run_input *input)
{
    kms_trace_reader_free(input->reader);
    trace_file_close(input->file);
}

/* ---- watching ---- */

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

/* One Ctrl-C ends the run after its batch; a second one ends the program. */
static void catch_interrupt(void)
{
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    interrupted = 0;
    sigaction(SIGINT, &action, NULL);
}

static void print_event(void *context, const struct replay_event *event, uint32_t line)
{
    char text[REPLAY_LINE];
    (void)context;
    (void)line;
    replay_format(event, text, sizeof text);
    puts(text);
}

static void print_note(void *context, const char *text, size_t length)
{
    (void)context;
    printf("# %.*s\n", (int)length, text);
}

static void print_stop(void *context, const struct kms_guest_stop *stop, uint32_t line)
{
    (void)context;
    printf("# line %u: the kernel was cut off: %s\n", line, stop->reason);
}

static void step(void *context, uint64_t operations)
{
    run_progress_step(context, operations);
}

/* ---- the run ---- */

static int verdict(const struct trace_run_result *result)
{
    if (result->end == TRACE_RUN_BAD_INPUT) {
        fprintf(stderr, "%s\n", result->error);
        return OPERATIONS_USAGE;
    }
    if (result->end == TRACE_RUN_NO_MEMORY) {
        run_complain("no memory to go on");
        return OPERATIONS_USAGE;
    }
    return result->broken || result->stops ? OPERATIONS_FOUND : OPERATIONS_CLEAN;
}

static void report(const struct run_report *run)
{
    const bool nothing = run->result->end == TRACE_RUN_BAD_INPUT && run->result->operations == 0;
    if (run->options->json)
        run_print_json(run);
    else if (!run->options->events && !nothing)
        run_print_report(run);
}

static int run_in_guest(const struct run_options *options, struct kms_guest *guest,
                        const struct run_input *input, struct run_kept *kept)
{
    struct run_progress progress;
    struct run_check check = {.tally = &kept->tally, .events = options->events};
    struct trace_watcher watcher = {.progress = step, .context = &progress};
    if (options->events)
        watcher = (struct trace_watcher){print_event, print_note, print_stop, step, &progress};
    trace_tally_start(&kept->tally, guest);
    if (options->check && !run_check_start(&check, guest)) {
        trace_tally_end(&kept->tally, guest);
        return OPERATIONS_USAGE;
    }
    trace_file_cancel(input->file, &interrupted);
    run_progress_start(&progress, input->file);
    trace_run(&(struct trace_run_options){.guest = guest,
                                          .reader = input->reader,
                                          .file = options->file,
                                          .tally = &kept->tally,
                                          .check = check.check,
                                          .watcher = &watcher,
                                          .cancel = &interrupted,
                                          .frames = options->frames,
                                          .policy = run_policy(options, kms_guest_module(guest)->ops)},
              &kept->result);
    run_progress_clear(&progress);
    run_check_end(&check, guest);
    kept->result.broken += check.found;
    kept->report = (struct run_report){.options = options,
                                       .ops = kms_guest_module(guest)->ops,
                                       .result = &kept->result,
                                       .tally = &kept->tally};
    if (kept->tally.has_heap)
        run_draw_map(guest, &kept->tally.heap, &kept->report.map);
    trace_tally_end(&kept->tally, guest);
    return verdict(&kept->result);
}

int run_measure(const struct run_options *options, struct run_kept *kept)
{
    struct run_input input;
    if (!run_open(options->file, &input))
        return OPERATIONS_USAGE;
    struct kms_guest *guest = run_boot(options);
    const bool ready = guest && run_set_up_vm(options, guest);
    int status = ready ? run_in_guest(options, guest, &input, kept) : OPERATIONS_USAGE;
    kms_guest_free(guest);
    run_close(&input);
    return status;
}

static int run_file(const struct run_options *options)
{
    struct run_kept *kept = calloc(1, sizeof *kept);
    if (!kept) {
        run_complain("no memory for a run");
        return OPERATIONS_USAGE;
    }
    int status = run_measure(options, kept);
    if (kept->report.ops)
        report(&kept->report);
    free(kept);
    return status;
}

/* What is said of one kernel's run only. */
static bool is_for_one(const struct run_options *options)
{
    return options->events || options->ratio || options->binary;
}

static int run_several(const struct run_options *options)
{
    if (!is_for_one(options) && !options->policies)
        return run_compare(options);
    run_complain("--events, --ratio, --policies and --emit-binary take one kernel");
    return OPERATIONS_USAGE;
}

static int run_each_policy(const struct run_options *options)
{
    if (!is_for_one(options) && !options->check && !options->policy)
        return run_policies(options);
    run_complain("--policies goes without --policy, --check, --events, --ratio and --emit-binary");
    return OPERATIONS_USAGE;
}

/* ---- options ---- */

static bool parse_mode(const char *word, enum kms_guest_mode *mode)
{
    if (strcmp(word, "window") == 0)
        *mode = KMS_GUEST_WINDOW;
    else if (strcmp(word, "direct") == 0)
        *mode = KMS_GUEST_DIRECT;
    else
        return false;
    return true;
}

static bool parse_frames(const char *word, uint32_t *frames)
{
    uint64_t number;
    if (!operations_count(word, UINT32_MAX, &number))
        return false;
    *frames = (uint32_t)number;
    return true;
}

/* False: usage is to be shown, on stdout if it was asked for. */
static bool parse(int argc, char **argv, struct run_options *options, bool *asked)
{
    static const struct option known[] = {
        {"kernel", required_argument, NULL, 'k'}, {"mode", required_argument, NULL, 'm'},
        {"events", no_argument, NULL, 'e'},       {"json", no_argument, NULL, 'j'},
        {"ratio", no_argument, NULL, 'r'},        {"emit-binary", required_argument, NULL, 'b'},
        {"check", no_argument, NULL, 'c'},        {"policy", required_argument, NULL, 'p'},
        {"policies", no_argument, NULL, 'P'},     {"frames", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
    };
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (option) {
        case 'k': options->kernel = optarg; break;
        case 'm':
            if (parse_mode(optarg, &options->mode))
                break;
            run_complain("a mode is window or direct, not \"%s\"", optarg);
            return false;
        case 'e': options->events = true; break;
        case 'j': options->json = true; break;
        case 'r': options->ratio = true; break;
        case 'c': options->check = true; break;
        case 'b': options->binary = optarg; break;
        case 'p': options->policy = optarg; break;
        case 'P': options->policies = true; break;
        case 'f':
            if (parse_frames(optarg, &options->frames))
                break;
            run_complain("a number of frames is 1 to 4294967295, not \"%s\"", optarg);
            return false;
        case 'h': *asked = true; return false;
        default: return false;
        }
    }
    if (optind + 1 != argc)
        return false;
    options->file = argv[optind];
    return true;
}

int cmd_run(int argc, char **argv)
{
    struct run_options options = {.kernel = "vana", .mode = KMS_GUEST_WINDOW};
    bool asked = false;
    if (!parse(argc, argv, &options, &asked)) {
        fputs(usage, asked ? stdout : stderr);
        return asked ? OPERATIONS_CLEAN : OPERATIONS_USAGE;
    }
    setlocale(LC_CTYPE, "");
    catch_interrupt();
    if (strchr(options.kernel, ','))
        return run_several(&options);
    if (options.policies)
        return run_each_policy(&options);
    if (options.binary)
        return run_emit_binary(&options);
    return options.ratio ? run_ratio(&options) : run_file(&options);
}
