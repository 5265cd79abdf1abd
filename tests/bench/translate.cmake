# Guest loads beside the host's own, and beside other software MMUs. No vectors: a load each, in every alternative.
# Where a loop or its branches fall must not decide a row: on processors with the "jump conditional code" erratum a
# loop of ten instructions runs at half its speed if its last one touches a boundary of 32 bytes.
set(bench_options -fno-tree-vectorize -falign-loops=32)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    set(within $<IF:$<C_COMPILER_ID:Clang>,-mbranches-within-32B-boundaries,-Wa$<COMMA>-mbranches-within-32B-boundaries>)
    list(APPEND bench_options ${within})
endif()
add_executable(bench_translate translate_bench.c translate_bulk.c translate_riscv.c bench.c)
target_include_directories(bench_translate PRIVATE ${PROJECT_SOURCE_DIR}/sim)
target_compile_options(bench_translate PRIVATE ${bench_options})
target_link_libraries(bench_translate PRIVATE kmemsim::kmemsim kmemsim_warnings)

find_program(PEER_CC NAMES x86_64-linux-gnu-gcc gcc)
set(peer_guest ${CMAKE_CURRENT_BINARY_DIR}/peer_guest)
add_custom_command(OUTPUT ${peer_guest} ${peer_guest}.bin
    COMMAND ${PEER_CC} -m32 -nostdlib -static -Wl,-Ttext=0x100000 -Wl,--build-id=none
            -o ${peer_guest} ${CMAKE_CURRENT_SOURCE_DIR}/peer_guest.S
    COMMAND objcopy -O binary ${peer_guest} ${peer_guest}.bin
    DEPENDS peer_guest.S VERBATIM)
add_executable(bench_peers peer_bench.c ${peer_guest})
target_compile_definitions(bench_peers PRIVATE PEER_GUEST="${peer_guest}")
target_compile_options(bench_peers PRIVATE ${bench_options})
target_link_libraries(bench_peers PRIVATE kmemsim::kmemsim kmemsim_warnings)
find_package(PkgConfig QUIET)
pkg_check_modules(KMEMSIM_UNICORN QUIET IMPORTED_TARGET unicorn)
if(KMEMSIM_UNICORN_FOUND)
    target_compile_definitions(bench_peers PRIVATE HAVE_UNICORN)
    target_link_libraries(bench_peers PRIVATE PkgConfig::KMEMSIM_UNICORN)
else()
    kms_missing("Unicorn in the benchmark of peers" "libunicorn")
endif()
