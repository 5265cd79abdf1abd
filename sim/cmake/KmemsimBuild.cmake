# How everything here is compiled. Nothing in this file reaches a project that uses kmemsim as a subproject:
# warnings travel by the target kmemsim_warnings, sanitizers and coverage by this directory's own options.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON) # POSIX and the Linux-only parts need the system's declarations
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(kmemsim_warnings INTERFACE)
target_compile_options(kmemsim_warnings INTERFACE
    -Wall -Wextra -Wconversion -Wshadow $<$<BOOL:${KMEMSIM_WERROR}>:-Werror>)

# A source that must not be instrumented (a bootable image, say) resets its directory's COMPILE_OPTIONS.
if(KMEMSIM_SANITIZE)
    add_compile_options(-fsanitize=${KMEMSIM_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${KMEMSIM_SANITIZE})
endif()
if(KMEMSIM_COVERAGE) # of sim/, which alone is counted and left unoptimized
    add_link_options(--coverage)
endif()
if(KMEMSIM_LIBFUZZER)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# kms_add_parts(NAME...): adds each folder named, in this order.
function(kms_add_parts)
    foreach(part IN LISTS ARGN)
        if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${part}/CMakeLists.txt)
            add_subdirectory(${part})
        endif()
    endforeach()
endfunction()
