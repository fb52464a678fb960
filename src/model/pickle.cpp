#include "model/pickle.hpp"

#include <bit>
#include <cstring>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>

#include "base/error.hpp"

// Opcodes: CPython's Lib/pickletools.py. Argument tuples: torch/_utils.py.
namespace troodon::model {
namespace {

/// The dtype of "torch.FloatStorage" and its like; nullptr for any other name.
const DType* storage_dtype(std::string_view name) {
  static const std::map<std::string_view, DType> types = {{"torch.FloatStorage", DType::f32},
                                                          {"torch.HalfStorage", DType::f16},
                                                          {"torch.BFloat16Storage", DType::bf16},
                                                          {"torch.DoubleStorage", DType::f64},
                                                          {"torch.LongStorage", DType::i64},
                                                          {"torch.IntStorage", DType::i32},
                                                          {"torch.ShortStorage", DType::i16},
                                                          {"torch.CharStorage", DType::i8},
                                                          {"torch.ByteStorage", DType::u8},
                                                          {"torch.BoolStorage", DType::boolean}};
  const auto found = types.find(name);
  return found == types.end() ? nullptr : &found->second;
}

constexpr size_t kMaxDimensions = 16, kMaxKeyBytes = 200;

constexpr std::string_view kDict = "collections.OrderedDict", kSize = "torch.Size";
constexpr std::string_view kTensor = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view kParameter = "torch._utils._rebuild_parameter";
const std::set<std::string_view> kOpaque = {"torch.float16",
                                            "torch.bfloat16",
                                            "torch.float32",
                                            "torch.float64",
                                            "torch.int64",
                                            "torch.bool",
                                            "torch.device"};

bool allowed(std::string_view name) {
  return name == kDict || name == kSize || name == kTensor || name == kParameter ||
         kOpaque.contains(name) || storage_dtype(name) != nullptr;
}

/// A stack, marks and a memo; everything that it makes lives in `out.values`.
struct PickleMachine {
  std::span<const std::byte> bytes;
  const std::string& origin;
  size_t at = 0;
  Pickle out = {};
  std::vector<PickleValue*> stack = {};
  std::vector<size_t> marks = {};
  std::unordered_map<uint64_t, PickleValue*> memo = {};

  Pickle run();
  [[noreturn]] void bad(std::string_view what) const {
    fail(Exit::input, "{}: refused pickle: {} (byte {})", origin, what, at);
  }
  std::string_view take(size_t count) {
    if (count > bytes.size() - at) bad("it is cut short");
    const auto* from = reinterpret_cast<const char*>(bytes.data()) + at;
    at += count;
    return {from, count};
  }
  template <class T>
  T number() {
    T value{};
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::string line() {
    std::string text;
    for (char c = take(1)[0]; c != '\n'; c = take(1)[0]) text += c;
    return text;
  }
  void push(auto value) {
    out.values.push_back({std::move(value)});
    stack.push_back(&out.values.back());
  }
  PickleValue* pop() {
    if (stack.empty() || (!marks.empty() && stack.size() <= marks.back()))
      bad("the stack is empty");
    PickleValue* top = stack.back();
    stack.pop_back();
    return top;
  }
  PickleValue* top() {
    PickleValue* value = pop();
    stack.push_back(value);
    return value;
  }
  template <class T>
  const T& want(PickleRef value, std::string_view what) const {
    const T* held = value->as<T>();
    if (held == nullptr) bad(fmt::format("{} expected", what));
    return *held;
  }
  std::vector<PickleRef> pop_to_mark();
  std::vector<PickleRef> pop_some(size_t count);
  void recall(uint64_t key);
  void put_text(size_t count) { push(std::string(take(count))); }
  void put_long(size_t count);
  void put_tuple(size_t count) { push(PickleSequence{pop_some(count)}); }
  void append_items(const std::vector<PickleRef>& items);
  void set_items(const std::vector<PickleRef>& items);
  void put_line_global();
  void put_stacked_global();
  void put_global(const std::string& name);
  void reduce();
  void build();
  void persistent();
  std::vector<int64_t> integers(PickleRef value) const;
  PickleTensor tensor(const std::vector<PickleRef>& args) const;
};

std::vector<PickleRef> PickleMachine::pop_to_mark() {
  if (marks.empty() || marks.back() > stack.size()) bad("a mark is missing");
  const auto from = stack.begin() + static_cast<std::ptrdiff_t>(marks.back());
  std::vector<PickleRef> items(from, stack.end());
  stack.erase(from, stack.end());
  marks.pop_back();
  return items;
}

std::vector<PickleRef> PickleMachine::pop_some(size_t count) {
  std::vector<PickleRef> items(count);
  for (size_t i = count; i-- > 0;) items[i] = pop();
  return items;
}

void PickleMachine::recall(uint64_t key) {
  const auto found = memo.find(key);
  if (found == memo.end()) bad("an unknown memo is read");
  stack.push_back(found->second);
}

void PickleMachine::put_long(size_t count) {
  const std::string_view digits = take(count);
  if (count > sizeof(int64_t)) return push(PickleOpaque{"a long integer"});
  const bool negative = count > 0 && (digits.back() & 0x80) != 0;
  int64_t value = negative ? -1 : 0;
  std::memcpy(&value, digits.data(), count);
  push(value);
}

void PickleMachine::append_items(const std::vector<PickleRef>& items) {
  auto* list = std::get_if<PickleSequence>(&top()->value);
  if (list == nullptr) bad("a list is expected");
  list->items.insert(list->items.end(), items.begin(), items.end());
}

void PickleMachine::set_items(const std::vector<PickleRef>& items) {
  auto* dict = std::get_if<PickleDict>(&top()->value);
  if (dict == nullptr || items.size() % 2 != 0) bad("a dict and pairs are expected");
  for (size_t i = 0; i < items.size(); i += 2) dict->items.emplace_back(items[i], items[i + 1]);
}

void PickleMachine::put_line_global() {
  const std::string module = line();
  put_global(module + "." + line());
}

void PickleMachine::put_stacked_global() {
  const std::string name = want<std::string>(pop(), "a name");
  put_global(want<std::string>(pop(), "a module") + "." + name);
}

void PickleMachine::put_global(const std::string& name) {
  if (!allowed(name))
    bad(fmt::format("it names '{}', which is not on the list of harmless names", name));
  push(PickleGlobal{name});
}

std::vector<int64_t> PickleMachine::integers(PickleRef value) const {
  const auto& items = want<PickleSequence>(value, "a tuple").items;
  if (items.size() > kMaxDimensions) bad("a tensor has too many dimensions");
  std::vector<int64_t> numbers;
  for (PickleRef item : items) numbers.push_back(want<int64_t>(item, "an integer"));
  return numbers;
}

PickleTensor PickleMachine::tensor(const std::vector<PickleRef>& args) const {
  if (args.size() < 4) bad("a tensor has too few parts");
  return {.storage = want<PickleStorage>(args[0], "a storage"),
          .offset = want<int64_t>(args[1], "an integer"),
          .sizes = integers(args[2]),
          .strides = integers(args[3])};
}

/// Stands in for the call of a harmless global: builds data, calls nothing.
void PickleMachine::reduce() {
  const auto& args = want<PickleSequence>(pop(), "a tuple").items;
  const std::string& name = want<PickleGlobal>(pop(), "a global").name;
  if (name == kTensor) return push(tensor(args));
  if (name == kDict && args.empty()) return push(PickleDict{});
  if (kOpaque.contains(name) || name == kSize) return push(PickleOpaque{name});
  if (name != kParameter || args.empty()) bad(fmt::format("'{}' isn't called like this", name));
  push(want<PickleTensor>(args[0], "a tensor"));
}

/// Attributes, such as a state dict's _metadata, aren't needed.
void PickleMachine::build() {
  pop();
  if (top()->as<PickleDict>() == nullptr) bad("an object with attributes");
}

/// ('storage', class, key, place, elements[, view]): where a tensor's numbers are.
void PickleMachine::persistent() {
  const auto& args = want<PickleSequence>(pop(), "a tuple").items;
  if (args.size() < 5 || want<std::string>(args[0], "a string") != "storage") {
    bad("an unknown persistent id");
  }
  if (args.size() > 5 && args[5]->as<PickleNone>() == nullptr) bad("storage views aren't read");
  const DType* dtype = storage_dtype(want<PickleGlobal>(args[1], "a storage class").name);
  if (dtype == nullptr) bad("a storage class is expected");
  const std::string& key = want<std::string>(args[2], "a string");
  if (key.size() > kMaxKeyBytes) bad("a storage has an overlong name");
  push(
      PickleStorage{.key = key, .dtype = *dtype, .elements = want<int64_t>(args[4], "an integer")});
}

using Machine = PickleMachine;
using Opcode = void (*)(Machine&);
const std::unordered_map<unsigned char, Opcode> kOpcodes = {
    {0x80, [](Machine& m) { m.take(1); }},  // PROTO
    {0x95, [](Machine& m) { m.take(8); }},  // FRAME
    {'N', [](Machine& m) { m.push(PickleNone{}); }},
    {0x88, [](Machine& m) { m.push(true); }},
    {0x89, [](Machine& m) { m.push(false); }},
    {'K', [](Machine& m) { m.push(int64_t{m.number<uint8_t>()}); }},
    {'M', [](Machine& m) { m.push(int64_t{m.number<uint16_t>()}); }},
    {'J', [](Machine& m) { m.push(int64_t{m.number<int32_t>()}); }},
    {0x8a, [](Machine& m) { m.put_long(m.number<uint8_t>()); }},
    {0x8b, [](Machine& m) { m.put_long(m.number<uint32_t>()); }},
    {'G',
     [](Machine& m) { m.push(std::bit_cast<double>(__builtin_bswap64(m.number<uint64_t>()))); }},
    {'X', [](Machine& m) { m.put_text(m.number<uint32_t>()); }},
    {0x8c, [](Machine& m) { m.put_text(m.number<uint8_t>()); }},
    {'(', [](Machine& m) { m.marks.push_back(m.stack.size()); }},
    {')', [](Machine& m) { m.push(PickleSequence{}); }},
    {']', [](Machine& m) { m.push(PickleSequence{}); }},
    {'t', [](Machine& m) { m.push(PickleSequence{m.pop_to_mark()}); }},
    {0x85, [](Machine& m) { m.put_tuple(1); }},
    {0x86, [](Machine& m) { m.put_tuple(2); }},
    {0x87, [](Machine& m) { m.put_tuple(3); }},
    {'}', [](Machine& m) { m.push(PickleDict{}); }},
    {'a', [](Machine& m) { m.append_items(m.pop_some(1)); }},
    {'e', [](Machine& m) { m.append_items(m.pop_to_mark()); }},
    {'s', [](Machine& m) { m.set_items(m.pop_some(2)); }},
    {'u', [](Machine& m) { m.set_items(m.pop_to_mark()); }},
    {'q', [](Machine& m) { m.memo[m.number<uint8_t>()] = m.top(); }},
    {'r', [](Machine& m) { m.memo[m.number<uint32_t>()] = m.top(); }},
    {0x94, [](Machine& m) { m.memo[m.memo.size()] = m.top(); }},
    {'h', [](Machine& m) { m.recall(m.number<uint8_t>()); }},
    {'j', [](Machine& m) { m.recall(m.number<uint32_t>()); }},
    {'c', [](Machine& m) { m.put_line_global(); }},
    {0x93, [](Machine& m) { m.put_stacked_global(); }},
    {'R', [](Machine& m) { m.reduce(); }},
    {0x81, [](Machine& m) { m.reduce(); }},
    {'Q', [](Machine& m) { m.persistent(); }},
    {'b', [](Machine& m) { m.build(); }}};

Pickle Machine::run() {
  for (auto op = number<unsigned char>(); op != '.'; op = number<unsigned char>()) {
    const auto found = kOpcodes.find(op);
    if (found == kOpcodes.end())
      bad(fmt::format("opcode 0x{:02x} is not one a checkpoint needs", op));
    found->second(*this);
  }
  out.root = pop();
  out.bytes = at;
  return std::move(out);
}

}  // namespace

Pickle read_pickle(std::span<const std::byte> bytes, const std::string& origin) {
  return PickleMachine{bytes, origin}.run();
}

}  // namespace troodon::model
