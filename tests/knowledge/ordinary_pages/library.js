(function (w) {
  function run(text) { return (0, eval)(text); }
  function load(request) { return eval("(" + request.responseText + ")"); }
  w.template = function (s) { return s.replace(/<%=([\s\S]+?)%>/g, "' + ($1) + '").replace(/<%([\s\S]+?)%>/g, "'; $1; '"); };
  w.run = run; w.load = load;
}(window));
