# The libraries that parts outside the core use. A missing one disables its part and says so; the core needs libc only.
#   KMEMSIM_HAVE_TOOL_LIBS   libelf, zstd and jansson are there: kmemsim::tool_libs is their sum
#   KMEMSIM_HAVE_CMOCKA      CMocka is there

find_package(PkgConfig QUIET)

# kms_missing(PART LIBRARY): one form for every message about something that will not be built.
function(kms_missing part library)
    message(NOTICE "kmemsim: ${part} will not be built: ${library} was not found")
endfunction()

# kms_find_library(VARIABLE PART MODULE): an imported target PkgConfig::VARIABLE, or a message.
function(kms_find_library variable part module)
    if(PkgConfig_FOUND)
        pkg_check_modules(${variable} QUIET IMPORTED_TARGET GLOBAL ${module})
    endif()
    set(${variable}_FOUND ${${variable}_FOUND} PARENT_SCOPE)
    if(NOT ${variable}_FOUND)
        kms_missing("${part}" "${module}")
    endif()
endfunction()

set(KMEMSIM_HAVE_TOOL_LIBS OFF)
if(KMEMSIM_TOOL OR KMEMSIM_TESTS OR KMEMSIM_FUZZ)
    kms_find_library(KMEMSIM_ELF "the tool" libelf)
    kms_find_library(KMEMSIM_ZSTD "the tool" libzstd)
    kms_find_library(KMEMSIM_JANSSON "the tool" jansson)
    if(KMEMSIM_ELF_FOUND AND KMEMSIM_ZSTD_FOUND AND KMEMSIM_JANSSON_FOUND)
        set(KMEMSIM_HAVE_TOOL_LIBS ON)
        add_library(kmemsim_tool_libs INTERFACE)
        add_library(kmemsim::tool_libs ALIAS kmemsim_tool_libs)
        target_link_libraries(kmemsim_tool_libs
            INTERFACE PkgConfig::KMEMSIM_ELF PkgConfig::KMEMSIM_ZSTD PkgConfig::KMEMSIM_JANSSON)
    endif()
endif()

set(KMEMSIM_HAVE_CMOCKA OFF)
if(KMEMSIM_TESTS)
    kms_find_library(KMEMSIM_CMOCKA "the CMocka tests" cmocka)
    set(KMEMSIM_HAVE_CMOCKA ${KMEMSIM_CMOCKA_FOUND})
endif()
