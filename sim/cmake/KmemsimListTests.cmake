# Run after a test program is linked: asks it for its tests and writes the CTest script that registers them.
# Reads PROGRAM, NAME, LABELS, TIMEOUT, LAUNCHER and writes SCRIPT.

execute_process(COMMAND ${PROGRAM} --list OUTPUT_VARIABLE list RESULT_VARIABLE status)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "${PROGRAM} --list: ${status}")
endif()

string(REGEX MATCHALL "\n" lines "${list}")
list(LENGTH lines count)
set(content "")

string(REPLACE ";" " " LAUNCHER "${LAUNCHER}")

# register(test sentence): CTest's test of that name; no sentence means the whole program.
function(register test sentence)
    if(sentence STREQUAL "")
        set(arguments "")
    else()
        set(arguments "--run [==[${sentence}]==]")
    endif()
    set(content "${content}add_test([==[${test}]==] ${LAUNCHER} [==[${PROGRAM}]==] ${arguments})
set_tests_properties([==[${test}]==] PROPERTIES
    LABELS [==[${LABELS}]==] TIMEOUT ${TIMEOUT} SKIP_RETURN_CODE 77)
" PARENT_SCOPE)
endfunction()

set(most_tests_registered_singly 60)
if(count GREATER most_tests_registered_singly)
    register(${NAME} "")
    set(list "")
endif()
# One line at a time and never as a CMake list: a sentence may hold semicolons and brackets.
while(NOT list STREQUAL "")
    string(FIND "${list}" "\n" end)
    string(SUBSTRING "${list}" 0 ${end} sentence)
    math(EXPR end "${end} + 1")
    string(SUBSTRING "${list}" ${end} -1 list)
    register("${NAME}: ${sentence}" "${sentence}")
endwhile()
file(WRITE ${SCRIPT} "${content}")
