# Xelix's page bitmaps and kmalloc against the least that such allocators can do. The kernel's own names that the C library
# has too are others here.
set(xelix ${PROJECT_SOURCE_DIR}/src/xelix)
add_library(bench_xelix_kernel OBJECT ${xelix}/mem/kmalloc.c ${xelix}/mem/kmalloc_bins.c
    ${xelix}/mem/kmalloc_canary.c ${xelix}/mem/page_alloc.c
    ${PROJECT_SOURCE_DIR}/src/lib/memory.c)
target_include_directories(bench_xelix_kernel PRIVATE ${xelix} ${PROJECT_SOURCE_DIR}/include)
target_compile_options(bench_xelix_kernel PRIVATE -ffreestanding -Dmemset=kernel_memset -Dmemcmp=kernel_memcmp
    -Dmemcpy=kernel_memcpy -Dvalloc=xelix_valloc -Dpvalloc=xelix_pvalloc)
target_link_libraries(bench_xelix_kernel PRIVATE kmemsim_warnings)

add_executable(bench_xelix xelix_bench.c heap_stream.c bench.c ${vana}/heap.c ${PROJECT_SOURCE_DIR}/src/lib/bitmap.c
    ${PROJECT_SOURCE_DIR}/src/lib/runs.c ${PROJECT_SOURCE_DIR}/src/lib/text.c)
target_include_directories(bench_xelix PRIVATE ${xelix}
    ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(bench_xelix PRIVATE bench_xelix_kernel kmemsim_warnings)
