# VlsOs's allocators against the least that such allocators can do.
set(vlsos ${PROJECT_SOURCE_DIR}/src/vlsos)
set(lib ${PROJECT_SOURCE_DIR}/src/lib)
add_executable(bench_vlsos vlsos_bench.c bench.c ${PROJECT_SOURCE_DIR}/tests/support/hw_plain.c
    ${vlsos}/buddy.c ${vlsos}/kmem.c ${vlsos}/layout.c ${vlsos}/memory.c ${vlsos}/memory_zone.c ${vlsos}/pages.c
    ${vlsos}/slab.c ${vlsos}/slab_cache.c ${vlsos}/slab_check.c ${vlsos}/slab_zone.c ${vlsos}/zone.c ${vlsos}/zone_block.c ${lib}/bit_tree.c ${lib}/text.c)
target_include_directories(bench_vlsos PRIVATE
    ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/tests)
set_source_files_properties(${vlsos}/memory.c PROPERTIES COMPILE_OPTIONS
    "-ffreestanding;-Dmalloc=kernel_malloc;-Dfree=kernel_free;-Dmemset=kernel_memset;-Dmemcmp=kernel_memcmp;-Dmemcpy=kernel_memcpy")
target_link_libraries(bench_vlsos PRIVATE kmemsim_warnings)
