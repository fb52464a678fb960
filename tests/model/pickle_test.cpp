#include "model/pickle.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace troodon::model {
namespace {

/// What read_pickle says against `pickle`, or "accepted".
std::string complaint_about(const std::string& pickle) {
  try {
    read_pickle(std::as_bytes(std::span(pickle)), "test.pth");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Exit::input);
    return error.what();
  }
  return "accepted";
}

/// Protocol 2, as os.system.__reduce__ would be pickled: GLOBAL, an argument, TUPLE1, REDUCE.
std::string call_of(const std::string& module, const std::string& name) {
  return "\x80\x02"
         "c" +
         module + "\n" + name + "\n" + std::string("X\x02\0\0\0id", 7) + "\x85R.";
}

/// The same by protocol 4's STACK_GLOBAL.
std::string stacked_call_of(const std::string& module, const std::string& name) {
  const auto text = [](const std::string& value) {
    return std::string("\x8c") + static_cast<char>(value.size()) + value;
  };
  return "\x80\x04" + text(module) + text(name) + "\x93" + text("id") + "\x85R.";
}

TEST(Pickle, WhatWouldRunCodeIsRefusedByName) {
  const std::pair<std::string, std::string> calls[] = {{"os", "system"},
                                                       {"posix", "system"},
                                                       {"builtins", "eval"},
                                                       {"builtins", "getattr"},
                                                       {"subprocess", "Popen"},
                                                       {"torch._utils", "_rebuild_tensor"},
                                                       {"torch._utils", "_import_dotted_name"},
                                                       {"torch", "load"},
                                                       {"numpy", "ndarray"},
                                                       {"collections", "OrderedDict.pop"},
                                                       {"somebodys_code", "Model"}};
  for (const auto& [module, name] : calls) {
    const std::string quoted = "'" + module + "." + name + "'";
    EXPECT_NE(complaint_about(call_of(module, name)).find(quoted), std::string::npos) << quoted;
    EXPECT_NE(complaint_about(stacked_call_of(module, name)).find(quoted), std::string::npos);
  }
}

TEST(Pickle, OtherWaysToCallAreNotOpcodesHere) {
  for (const std::string& pickle : {std::string("(S'id'\nios\nsystem\n."),   // INST
                                    std::string("(cos\nsystem\nS'id'\no."),  // OBJ
                                    std::string("\x80\x02\x82\x01."),        // EXT1
                                    std::string("Pos.system\n.")}) {         // PERSID
    EXPECT_NE(complaint_about(pickle).find("refused pickle"), std::string::npos);
  }
}

TEST(Pickle, HarmlessNamesAreNotCalledWithForeignArguments) {
  EXPECT_NE(complaint_about(call_of("collections", "OrderedDict")).find("isn't called like this"),
            std::string::npos);
  EXPECT_NE(complaint_about(call_of("torch", "FloatStorage")).find("isn't called like this"),
            std::string::npos);
}

}  // namespace
}  // namespace troodon::model
