// Runs Azurite until standard input ends: so it goes when the tests that started it go, however they end.
process.stdin.on("end", () => process.exit(0)).resume();
require("azurite/dist/src/azurite.js");
