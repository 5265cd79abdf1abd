# JSLK's heap and frames against the least that such allocators can do.
set(jslk ${PROJECT_SOURCE_DIR}/src/jslk)
add_executable(bench_jslk jslk_bench.c bench.c
    ${jslk}/heap.c ${jslk}/heap_block.c ${jslk}/ordered_array.c ${jslk}/pmm.c ${jslk}/fail.c
    ${PROJECT_SOURCE_DIR}/src/lib/bitmap.c ${PROJECT_SOURCE_DIR}/src/lib/memory_map.c)
target_include_directories(bench_jslk PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
target_link_libraries(bench_jslk PRIVATE kmemsim_warnings)
