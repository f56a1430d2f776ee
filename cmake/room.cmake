# A room is one library. It links only the rooms that the design lets it use; tests/layering checks the includes.
add_library(dcmwatch_options INTERFACE)
target_include_directories(dcmwatch_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(dcmwatch_options INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>  # GCC 12 sees overlaps in std::string that are not there (GCC bug 105651)
  $<$<BOOL:${DCMWATCH_WERROR}>:-Werror>)
if(DCMWATCH_SANITIZE)
  target_compile_options(dcmwatch_options INTERFACE -fsanitize=${DCMWATCH_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(dcmwatch_options INTERFACE -fsanitize=${DCMWATCH_SANITIZE})
endif()

# What the runs of one build did, for another: GCC names it by the objects' places beneath their build folder.
if(DCMWATCH_PROFILE)
  set(profile -fprofile-${DCMWATCH_PROFILE}=${CMAKE_SOURCE_DIR}/build/profile -fprofile-prefix-path=${CMAKE_BINARY_DIR}
    -fprofile-update=prefer-atomic -Wno-missing-profile)
  target_compile_options(dcmwatch_options INTERFACE ${profile})
  target_link_options(dcmwatch_options INTERFACE ${profile})
endif()

# dcmwatch_room(NAME SOURCES file... ROOMS room... LIBRARIES library...)
# ROOMS are visible to those who use the room; LIBRARIES are its own business.
function(dcmwatch_room NAME)
  cmake_parse_arguments(ROOM "" "" "SOURCES;ROOMS;LIBRARIES" ${ARGN})
  add_library(dcmwatch_${NAME} STATIC ${ROOM_SOURCES})
  target_link_libraries(dcmwatch_${NAME} PUBLIC dcmwatch_options PRIVATE ${ROOM_LIBRARIES})
  foreach(OTHER IN LISTS ROOM_ROOMS)
    target_link_libraries(dcmwatch_${NAME} PUBLIC dcmwatch_${OTHER})
  endforeach()
endfunction()

# dcmwatch_test(NAME [AS_ONE] SOURCES file... ROOMS room... LIBRARIES library...): one GoogleTest program.
# AS_ONE: one test for ctest, since its cases share what is costly to make.
function(dcmwatch_test NAME)
  cmake_parse_arguments(TEST "AS_ONE" "" "SOURCES;ROOMS;LIBRARIES" ${ARGN})
  add_executable(test_${NAME} ${TEST_SOURCES})
  target_link_libraries(test_${NAME} PRIVATE dcmwatch_options GTest::gtest_main GTest::gmock ${TEST_LIBRARIES})
  target_include_directories(test_${NAME} PRIVATE ${dcmwatch_SOURCE_DIR}/tests)
  target_compile_definitions(test_${NAME} PRIVATE DCMWATCH_ROOT="${dcmwatch_SOURCE_DIR}")
  foreach(ROOM IN LISTS TEST_ROOMS)
    target_link_libraries(test_${NAME} PRIVATE dcmwatch_${ROOM})
  endforeach()
  if(TEST_AS_ONE)
    add_test(NAME ${NAME} COMMAND test_${NAME} --gtest_brief=1)
    set_tests_properties(${NAME} PROPERTIES LABELS ${NAME})
  else()
    gtest_discover_tests(test_${NAME} DISCOVERY_MODE PRE_TEST PROPERTIES LABELS ${NAME})
  endif()
endfunction()
