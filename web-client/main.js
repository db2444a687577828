document.title = "Maskwire";
export {};
//# sourceMappingURL=main.js.map