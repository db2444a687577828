document.title = "Maskwire";
