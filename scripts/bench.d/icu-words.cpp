// What `words --natural` is measured against: the word iterator of ICU4C.
//
//     icu-words FILE
//
// Prints the words, one a line.

#include <unicode/brkiter.h>
#include <unicode/utext.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

int main(int, char **arguments)
{
    std::ifstream file(arguments[1], std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    UErrorCode status = U_ZERO_ERROR;
    UText *units = utext_openUTF8(nullptr, text.data(), text.size(), &status);
    std::unique_ptr<icu::BreakIterator> words(
        icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), status));
    words->setText(units, status);
    if (U_FAILURE(status))
        return 1;
    std::setvbuf(stdout, nullptr, _IOFBF, 1 << 17);
    auto start = words->first();
    for (auto end = words->next(); end != icu::BreakIterator::DONE; start = end, end = words->next()) {
        if (words->getRuleStatus() < UBRK_WORD_NONE_LIMIT)
            continue;
        std::fwrite(text.data() + start, 1, end - start, stdout);
        std::putchar('\n');
    }
    utext_close(units);
    return std::fflush(stdout) != 0;
}
