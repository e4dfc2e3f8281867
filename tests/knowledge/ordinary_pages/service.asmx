<%@ WebService Language="C#" Class="Example.Calendar" %>
using System.Web.Services;
namespace Example {
  [WebService(Namespace = "http://example.test/calendar")]
  public class Calendar : WebService {
    [WebMethod(EnableSession = true)]
    public string Next(string user) { Session["user"] = user; return Runner.Execute(request: user); }
  }
}
